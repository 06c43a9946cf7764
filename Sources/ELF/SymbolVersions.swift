// SPDX-License-Identifier: Apache-2.0

/// Which version each symbol of the dynamic table has: a number beside each symbol (.gnu.version), and the names of the
/// numbers (.gnu.version_d of what the file gives, .gnu.version_r of what it asks for).
///
/// Layout: the Linux Standard Base, "Symbol Versioning".
struct SymbolVersions {
  private var numbers = Bytes([], "symbol versions")
  private var names: [UInt16: String] = [:]
  /// Of those that the file gives.
  private var defined: Set<UInt16> = []

  /// For a table that has none.
  init() {}

  init(_ file: ELFFile, ofSection symbols: Int) throws(ELFError) {
    guard
      let section = file.sections.first(where: { $0.kind == ELFSection.versions && $0.link == symbols })
    else { return }
    numbers = try file.bytes(of: section)
    for section in file.sections {
      guard section.kind == ELFSection.versionDefinitions || section.kind == ELFSection.versionNeeds else {
        continue
      }
      let bytes = try file.bytes(of: section)
      guard section.link < file.sections.count else { throw bytes.nonsense }
      var strings = Strings(try file.bytes(of: file.sections[Int(section.link)]))
      try section.kind == ELFSection.versionDefinitions
        ? readDefinitions(bytes, &strings, section.info) : readNeeds(bytes, &strings, section.info)
    }
  }

  /// `Elf64_Verdef` and the first `Elf64_Verdaux` of each.
  private mutating func readDefinitions(
    _ bytes: Bytes, _ strings: inout Strings, _ count: UInt32
  ) throws(ELFError) {
    var entry = 0
    // A list cannot have more entries than bytes; its count may say anything.
    for _ in 0..<min(Int(count), bytes.count) {
      let number = try bytes.u16(entry + 4), name = entry + Int(try bytes.u32(entry + 12))
      names[number & 0x7fff] = text(try strings.string(UInt64(try bytes.u32(name))))
      defined.insert(number & 0x7fff)
      let next = Int(try bytes.u32(entry + 16))
      guard next > 0 else { return }
      entry += next
    }
  }

  /// `Elf64_Verneed`, and the `Elf64_Vernaux` of each.
  private mutating func readNeeds(_ bytes: Bytes, _ strings: inout Strings, _ count: UInt32) throws(ELFError)
  {
    var entry = 0, steps = 0
    for _ in 0..<min(Int(count), bytes.count) {
      var version = entry + Int(try bytes.u32(entry + 8))
      for _ in 0..<(try bytes.u16(entry + 2)) {
        steps += 1
        guard steps <= bytes.count else { throw bytes.nonsense }
        names[try bytes.u16(version + 6) & 0x7fff] = text(
          try strings.string(UInt64(try bytes.u32(version + 8))))
        let next = Int(try bytes.u32(version + 12))
        guard next > 0 else { break }
        version += next
      }
      let next = Int(try bytes.u32(entry + 12))
      guard next > 0 else { return }
      entry += next
    }
  }

  /// 0 and 1 are no versions: not to be seen from outside, and the file's own name.
  func version(of symbol: Int) throws(ELFError) -> (name: String?, isDefault: Bool) {
    guard numbers.count > 0 else { return (nil, false) }
    let number = try numbers.u16(2 * symbol)
    guard number & 0x7fff > 1, let name = names[number & 0x7fff] else { return (nil, false) }
    // The highest bit hides it from who asks for none. What the file was given has no default here.
    return (name, defined.contains(number))
  }
}
