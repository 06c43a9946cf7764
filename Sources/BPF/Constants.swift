// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// Where the constants of an object lie in its `.rodata`, by the object's own type information.
@safe struct Constants {
  private let btf: OpaquePointer

  init(_ btf: OpaquePointer) { unsafe self.btf = btf }

  /// The offset and size of a variable, in bytes; nil where there is none of that name.
  func place(of name: String) -> (offset: Int, size: Int)? {
    let section = unsafe btf__find_by_name_kind(
      btf, ".rodata", 15 /* BTF_KIND_DATASEC, twice in the headers */)
    guard section > 0, let type = unsafe btf__type_by_id(btf, UInt32(section)),
      let first = unsafe btf_var_secinfos(type)
    else { return nil }
    let count = unsafe Int(btf_vlen(type))
    for index in 0..<count {
      let variable = unsafe first[index]
      guard let type = unsafe btf__type_by_id(btf, variable.type),
        let spelled = unsafe btf__name_by_offset(btf, type.pointee.name_off)
      else { continue }
      if unsafe String(cString: spelled) == name { return (Int(variable.offset), Int(variable.size)) }
    }
    return nil
  }
}
