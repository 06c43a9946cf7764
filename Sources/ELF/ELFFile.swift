// SPDX-License-Identifier: Apache-2.0

/// A program or library on disk: where its functions and its static probes lie in the file.
///
/// The bytes may be anybody's. Every offset and count is checked before it is used: what does not hold is an `ELFError`.
/// Nothing is read but what was asked for, so a large file costs no more than its tables.
///
/// Read are files of 64 and of 32 bits, little endian, of any machine; layout: elf(5), the System V ABI.
public struct ELFFile: Sendable {
  /// What the file is for.
  public enum Kind: Hashable, Sendable {
    /// Object code, which no process has mapped: its symbols have no place in a file that runs.
    case relocatable
    /// A program at fixed addresses.
    case executable
    /// A library, or a program that can be loaded anywhere.
    case shared
    case core
    case other(UInt16)
  }

  public let kind: Kind
  /// For which processor: `EM_X86_64` is 62, `EM_386` 3, `EM_AARCH64` 183.
  public let machine: UInt16
  /// Whether addresses have 64 bits.
  public let is64Bit: Bool
  /// In the file's order, the first one (which is nothing) included. Empty where the file has no section headers: it
  /// can be run all the same, but names neither functions nor probes.
  public let sections: [ELFSection]
  /// In the file's order.
  public let segments: [ELFSegment]

  let source: ByteSource

  /// Reads the headers of a file that is in memory.
  public init(_ bytes: [UInt8]) throws(ELFError) {
    try self.init(size: UInt64(bytes.count)) { offset, count in
      let start = Int(offset)
      return Array(bytes[start..<start + count])
    }
  }

  /// Reads the headers of a file, and keeps `read` for what is asked for later.
  ///
  /// - Parameters:
  ///   - size: of the file, in bytes.
  ///   - read: gives `count` bytes from `offset` on, as pread(2) does; nil where it cannot. Asked only for what lies
  ///     within `size`, and for 256 MiB at most.
  public init(size: UInt64, read: @escaping @Sendable (_ offset: UInt64, _ count: Int) -> [UInt8]?)
    throws(ELFError)
  {
    source = ByteSource(size: size, read: read)
    let identity = try source.start(16)
    guard identity.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { throw .notELF }
    guard identity.count == 16 else { throw .truncated("header") }
    guard identity[4] == 1 || identity[4] == 2 else { throw .malformed("class") }
    guard identity[5] != 2 else { throw .bigEndian }
    guard identity[5] == 1 else { throw .malformed("byte order") }
    is64Bit = identity[4] == 2

    let header = try FileHeader(source, is64Bit: is64Bit)
    kind = Kind(header.kind)
    machine = header.machine
    // Counts that have no room in the header stand in the first section's.
    let first = try ELFSection.first(source, header)
    sections = try ELFSection.all(source, header, first)
    segments = try ELFSegment.all(source, header, first)
  }

  /// Where in the file an address lies that the linker gave; nil where the file holds nothing for it (beyond it, or in
  /// memory that begins as zeros), or the file is not one that runs.
  public func offset(ofAddress address: UInt64) -> UInt64? {
    for segment in segments where segment.kind == ELFSegment.load && address >= segment.address {
      let distance = address - segment.address
      let (offset, overflows) = segment.offset.addingReportingOverflow(distance)
      if distance < segment.fileSize, !overflows, offset < source.size { return offset }
    }
    return nil
  }

  /// The first section of this name; nil: there is none.
  public func section(named name: String) -> ELFSection? { sections.first { $0.name == name } }

  /// A section's bytes; none for one that takes no room in the file.
  func bytes(of section: ELFSection) throws(ELFError) -> Bytes {
    guard section.kind != ELFSection.noBits else { return Bytes([], "section \(section.name)") }
    guard !section.isCompressed else { throw .compressed(section.name) }
    return try source.bytes(section.offset, section.size, "section \(section.name)")
  }
}

extension ELFFile.Kind {
  init(_ number: UInt16) {
    switch number {
    case 1: self = .relocatable
    case 2: self = .executable
    case 3: self = .shared
    case 4: self = .core
    default: self = .other(number)
    }
  }
}
