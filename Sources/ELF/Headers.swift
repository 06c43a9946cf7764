// SPDX-License-Identifier: Apache-2.0

/// What the file begins with (`Elf64_Ehdr`, `Elf32_Ehdr`).
struct FileHeader {
  let is64Bit: Bool
  let kind, machine: UInt16
  let segments, sections: UInt64
  let segmentSize, segmentCount, sectionSize, sectionCount, namesSection: UInt16

  init(_ source: ByteSource, is64Bit: Bool) throws(ELFError) {
    let bytes = Bytes(try source.start(is64Bit ? 64 : 52), "header")
    self.is64Bit = is64Bit
    kind = try bytes.u16(16)
    machine = try bytes.u16(18)
    segments = try bytes.word(is64Bit ? 32 : 28, is64Bit)
    sections = try bytes.word(is64Bit ? 40 : 32, is64Bit)
    let counts = is64Bit ? 54 : 42
    segmentSize = try bytes.u16(counts)
    segmentCount = try bytes.u16(counts + 2)
    sectionSize = try bytes.u16(counts + 4)
    sectionCount = try bytes.u16(counts + 6)
    namesSection = try bytes.u16(counts + 8)
  }
}

/// A part of the file for linkers and debuggers (`Elf64_Shdr`).
public struct ELFSection: Hashable, Sendable {
  /// Bytes that are no UTF-8 are U+FFFD in it.
  public internal(set) var name = ""
  /// `SHT_…`
  public let kind: UInt32
  public let flags: UInt64
  /// Where the linker put it in memory; 0: nowhere.
  public let address: UInt64
  /// Where it lies in the file, and how large it is there, unless its kind is SHT_NOBITS.
  public let offset, size: UInt64
  /// Another section that belongs to it, by its place in the table.
  public let link: UInt32
  public let info: UInt32
  public let alignment: UInt64
  /// Of the entries that it consists of; 0: it is none of such.
  public let entrySize: UInt64

  static let fullSymbols: UInt32 = 2, note: UInt32 = 7, noBits: UInt32 = 8, dynamicSymbols: UInt32 = 11
  static let versionDefinitions: UInt32 = 0x6fff_fffd, versionNeeds: UInt32 = 0x6fff_fffe
  static let versions: UInt32 = 0x6fff_ffff

  /// SHF_COMPRESSED
  var isCompressed: Bool { flags & 0x800 != 0 }

  fileprivate let nameOffset: UInt32

  private static let part = "section headers"
  /// Of sections, and of a name's bytes: far beyond what linkers make, and bearable where somebody means harm.
  private static let countLimit = 1 << 18, nameLimit = 1024

  private init(_ bytes: Bytes, _ offset: Int, _ wide: Bool) throws(ELFError) {
    nameOffset = try bytes.u32(offset)
    kind = try bytes.u32(offset + 4)
    flags = try bytes.word(offset + 8, wide)
    address = try bytes.word(offset + (wide ? 16 : 12), wide)
    self.offset = try bytes.word(offset + (wide ? 24 : 16), wide)
    size = try bytes.word(offset + (wide ? 32 : 20), wide)
    link = try bytes.u32(offset + (wide ? 40 : 24))
    info = try bytes.u32(offset + (wide ? 44 : 28))
    alignment = try bytes.word(offset + (wide ? 48 : 32), wide)
    entrySize = try bytes.word(offset + (wide ? 56 : 36), wide)
  }

  private static func size(_ header: FileHeader) -> Int { header.is64Bit ? 64 : 40 }

  /// The first header, which describes no section; nil where there are no section headers.
  static func first(_ source: ByteSource, _ header: FileHeader) throws(ELFError) -> ELFSection? {
    guard header.sections != 0 else { return nil }
    let size = size(header)
    let bytes = try source.table(
      header.sections, count: 1, stride: UInt64(header.sectionSize), least: size, part)
    return try ELFSection(bytes, 0, header.is64Bit)
  }

  static func all(
    _ source: ByteSource, _ header: FileHeader, _ first: ELFSection?
  ) throws(ELFError) -> [ELFSection] {
    guard let first else { return [] }
    let count = header.sectionCount == 0 ? first.size : UInt64(header.sectionCount)
    guard count <= countLimit else { throw .malformed(part) }
    let stride = UInt64(header.sectionSize)
    let bytes = try source.table(header.sections, count: count, stride: stride, least: size(header), part)
    var sections: [ELFSection] = []
    for index in 0..<Int(count) {
      sections.append(try ELFSection(bytes, index * Int(stride), header.is64Bit))
    }
    let names = header.namesSection == 0xffff ? first.link : UInt32(header.namesSection)
    guard names != 0 else { return sections }
    guard names < count else { throw .malformed(part) }
    let table = sections[Int(names)]
    var strings = Strings(try source.bytes(table.offset, table.size, "section names"))
    for index in sections.indices {
      sections[index].name = text(try strings.string(UInt64(sections[index].nameOffset), limit: nameLimit))
    }
    return sections
  }
}

/// A part of the file that is mapped, or that the loader looks at (`Elf64_Phdr`).
public struct ELFSegment: Hashable, Sendable {
  /// `PT_…`
  public let kind: UInt32
  public let isExecutable, isWritable: Bool
  /// Where it lies in the file.
  public let offset: UInt64
  /// Where the linker put it in memory.
  public let address: UInt64
  public let fileSize, memorySize: UInt64
  public let alignment: UInt64

  /// PT_LOAD, PT_NOTE
  static let load: UInt32 = 1, note: UInt32 = 4

  private static let part = "program headers"

  private init(_ bytes: Bytes, _ offset: Int, _ wide: Bool) throws(ELFError) {
    kind = try bytes.u32(offset)
    let flags = try bytes.u32(offset + (wide ? 4 : 24))
    isExecutable = flags & 1 != 0
    isWritable = flags & 2 != 0
    self.offset = try bytes.word(offset + (wide ? 8 : 4), wide)
    address = try bytes.word(offset + (wide ? 16 : 8), wide)
    fileSize = try bytes.word(offset + (wide ? 32 : 16), wide)
    memorySize = try bytes.word(offset + (wide ? 40 : 20), wide)
    alignment = try bytes.word(offset + (wide ? 48 : 28), wide)
  }

  static func all(
    _ source: ByteSource, _ header: FileHeader, _ first: ELFSection?
  ) throws(ELFError) -> [ELFSegment] {
    guard header.segments != 0 else { return [] }
    var count = UInt64(header.segmentCount)
    if count == 0xffff, let first { count = UInt64(first.info) }
    let stride = UInt64(header.segmentSize)
    let bytes = try source.table(
      header.segments, count: count, stride: stride, least: header.is64Bit ? 56 : 32, part)
    var segments: [ELFSegment] = []
    for index in 0..<Int(count) {
      segments.append(try ELFSegment(bytes, index * Int(stride), header.is64Bit))
    }
    return segments
  }
}
