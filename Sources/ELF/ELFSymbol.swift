// SPDX-License-Identifier: Apache-2.0

/// A name that a file gives to a place in it, or asks others for (`Elf64_Sym`).
public struct ELFSymbol: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case none
    /// A variable.
    case object
    case function
    case section
    case file
    case common
    case threadLocal
    /// What lies at the symbol is a resolver, called once by the loader; which function it chooses, the file does not
    /// say (STT_GNU_IFUNC).
    case indirectFunction
    case other(UInt8)
  }

  public enum Binding: Hashable, Sendable {
    case local
    case global
    case weak
    case other(UInt8)
  }

  /// Which of a file's two tables.
  public enum Table: Hashable, Sendable {
    /// What others are given and asked for: there in every file that is linked dynamically.
    case dynamic
    /// All that the linker knew: strip(1) takes it away.
    case full
  }

  /// Bytes that are no UTF-8 are U+FFFD in it.
  public let name: String
  /// `GLIBC_2.17`, of a symbol of the dynamic table with a version.
  public let version: String?
  /// Whether this is the version that is linked to where none is asked for (`name@@version`).
  public let isDefaultVersion: Bool
  public let kind: Kind
  public let binding: Binding
  /// Whether it lies in this file. If not, the file asks others for it.
  public let isDefined: Bool
  /// Where the linker put it in memory.
  public let address: UInt64
  /// In bytes; 0: not known.
  public let size: UInt64
  /// Where it lies in the file: the offset that a uprobe takes. Nil: nowhere.
  public let offset: UInt64?
  public let table: Table
}

extension ELFFile {
  /// The symbols of these names: those of the dynamic table first, then those that the full table alone has. A name may
  /// have several (versions, or functions that are `static` in several sources); that a table is missing is no error.
  public func symbols(named names: [String]) throws(ELFError) -> [ELFSymbol] {
    let wanted = names.map { Array($0.utf8) }
    let isWanted = { (name: ArraySlice<UInt8>) in
      wanted.contains { $0.count == name.count && $0.elementsEqual(name) }
    }
    let dynamic = try symbols(.dynamic, where: isWanted)
    let others = try symbols(.full, where: isWanted).filter { other in
      !dynamic.contains { $0.name == other.name && $0.address == other.address }
    }
    return dynamic + others
  }

  /// The symbols of one table whose names are wanted, in the table's order; none where there is no such table.
  public func symbols(
    _ table: ELFSymbol.Table, where isWanted: (_ name: ArraySlice<UInt8>) -> Bool = { _ in true }
  ) throws(ELFError) -> [ELFSymbol] {
    let kind = table == .dynamic ? ELFSection.dynamicSymbols : ELFSection.fullSymbols
    guard let number = sections.firstIndex(where: { $0.kind == kind }) else { return [] }
    let section = sections[number], bytes = try bytes(of: section)
    guard section.link < sections.count else { throw bytes.nonsense }
    var strings = Strings(try self.bytes(of: sections[Int(section.link)]))
    let versions = table == .dynamic ? try SymbolVersions(self, ofSection: number) : SymbolVersions()
    let stride = is64Bit ? 24 : 16
    guard section.entrySize == stride else { throw bytes.nonsense }
    var symbols: [ELFSymbol] = []
    for index in 0..<bytes.count / stride {
      let entry = index * stride
      let name = try strings.string(UInt64(try bytes.u32(entry)))
      guard !name.isEmpty, isWanted(name) else { continue }
      symbols.append(try symbol(name, bytes, entry, table, try versions.version(of: index)))
    }
    return symbols
  }

  private func symbol(
    _ name: ArraySlice<UInt8>, _ bytes: Bytes, _ entry: Int, _ table: ELFSymbol.Table,
    _ version: (name: String?, isDefault: Bool)
  ) throws(ELFError) -> ELFSymbol {
    let about = try bytes.u8(entry + (is64Bit ? 4 : 12))
    let section = try bytes.u16(entry + (is64Bit ? 6 : 14))
    let address = try bytes.word(entry + (is64Bit ? 8 : 4), is64Bit)
    let kind = ELFSymbol.Kind(about & 15)
    // SHN_UNDEF; from SHN_LORESERVE on no section, but for SHN_XINDEX, which is one whose number has no room.
    let lies = section != 0 && (section < 0xff00 || section == 0xffff)
    // The value of a thread's variable is no address, nor is that of a symbol in object code.
    let hasAddress = lies && kind != .threadLocal && self.kind != .relocatable
    let name = text(name)
    // The symbol that stands for a version is not one of that version.
    let version = version.name == name ? (name: nil, isDefault: false) : version
    return ELFSymbol(
      name: name, version: version.name, isDefaultVersion: version.isDefault && section != 0,
      kind: kind,
      binding: ELFSymbol.Binding(about >> 4), isDefined: section != 0, address: address,
      size: try bytes.word(entry + (is64Bit ? 16 : 8), is64Bit),
      offset: hasAddress ? offset(ofAddress: address) : nil, table: table)
  }
}

extension ELFSymbol.Kind {
  init(_ number: UInt8) {
    switch number {
    case 0: self = .none
    case 1: self = .object
    case 2: self = .function
    case 3: self = .section
    case 4: self = .file
    case 5: self = .common
    case 6: self = .threadLocal
    case 10: self = .indirectFunction
    default: self = .other(number)
    }
  }
}

extension ELFSymbol.Binding {
  init(_ number: UInt8) {
    switch number {
    case 0: self = .local
    case 1: self = .global
    case 2: self = .weak
    default: self = .other(number)
    }
  }
}
