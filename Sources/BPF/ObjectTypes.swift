// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// An object's own type information.
@safe struct ObjectTypes {
  private let btf: OpaquePointer

  init(_ btf: OpaquePointer) { unsafe self.btf = btf }

  /// Where the constants lie in `.rodata`, by their names: in bytes.
  var constants: [String: Range<Int>] {
    let section = unsafe btf__find_by_name_kind(
      btf, ".rodata", 15 /* BTF_KIND_DATASEC, twice in the headers */)
    guard section > 0, let type = unsafe btf__type_by_id(btf, UInt32(section)),
      let first = unsafe btf_var_secinfos(type)
    else { return [:] }
    var places: [String: Range<Int>] = [:]
    for index in unsafe 0..<Int(btf_vlen(type)) {
      let variable = unsafe first[index]
      guard let type = unsafe btf__type_by_id(btf, variable.type),
        let spelled = unsafe btf__name_by_offset(btf, type.pointee.name_off)
      else { continue }
      let offset = Int(variable.offset)
      places[unsafe String(cString: spelled)] = offset..<offset + Int(variable.size)
    }
    return places
  }

  /// The names of its structures and unions, without what follows `___`: those that the kernel's are matched with.
  var structureNames: Set<[UInt8]> {
    var names: Set<[UInt8]> = []
    let count = unsafe btf__type_cnt(btf)
    for id in 1..<count {
      guard let type = unsafe btf__type_by_id(btf, id), unsafe btf_kind(type) == 4 || btf_kind(type) == 5,
        let name = unsafe btf__name_by_offset(btf, type.pointee.name_off)
      else { continue }
      let spelled = unsafe Array(String(cString: name).utf8)
      if !spelled.isEmpty { names.insert(Self.essential(spelled)) }
    }
    return names
  }

  private static func essential(_ name: [UInt8]) -> [UInt8] {
    let underscore = UInt8(ascii: "_")
    for start in name.indices.dropFirst()
    where name[start...].starts(with: [underscore, underscore, underscore]) {
      return Array(name[..<start])
    }
    return name
  }
}
