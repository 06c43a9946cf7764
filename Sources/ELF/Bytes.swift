// SPDX-License-Identifier: Apache-2.0

/// Where a file's bytes come from. Nobody is asked for what does not lie within the file.
struct ByteSource: Sendable {
  /// Of the file, in bytes.
  let size: UInt64
  let read: @Sendable (_ offset: UInt64, _ count: Int) -> [UInt8]?

  /// A hostile file may be sparse and claim anything; nothing that is of use here is larger.
  private static let limit: UInt64 = 256 << 20

  /// A part of the file; `part` names it in errors.
  func bytes(_ offset: UInt64, _ count: UInt64, _ part: String) throws(ELFError) -> Bytes {
    guard count > 0 else { return Bytes([], part) }
    guard offset < size, count <= size - offset else { throw .truncated(part) }
    guard count <= Self.limit else { throw .tooLarge(part) }
    guard let bytes = read(offset, Int(count)), bytes.count == Int(count) else { throw .unreadable(part) }
    return Bytes(bytes, part)
  }

  /// The first bytes, fewer where the file has fewer.
  func start(_ count: UInt64) throws(ELFError) -> [UInt8] { try bytes(0, min(count, size), "header").all }

  /// A table of `count` entries that are `stride` bytes apart, each at least `least` long.
  func table(
    _ offset: UInt64, count: UInt64, stride: UInt64, least: Int, _ part: String
  ) throws(ELFError) -> Bytes {
    guard count > 0 else { return Bytes([], part) }
    guard stride >= least else { throw .malformed(part) }
    let (size, overflows) = count.multipliedReportingOverflow(by: stride)
    guard !overflows else { throw .truncated(part) }
    return try bytes(offset, size, part)
  }
}

/// Bytes whose every access is checked; numbers are little endian.
struct Bytes: Sendable {
  let all: [UInt8]
  private let part: String

  init(_ all: [UInt8], _ part: String) {
    self.all = all
    self.part = part
  }

  var count: Int { all.count }

  /// What an access beyond the end throws.
  var end: ELFError { .truncated(part) }
  /// What is thrown where the bytes make no sense.
  var nonsense: ELFError { .malformed(part) }

  private func number<Number: FixedWidthInteger & UnsignedInteger>(_ offset: Int) throws(ELFError) -> Number {
    let size = Number.bitWidth / 8
    guard offset >= 0, size <= all.count, offset <= all.count - size else { throw end }
    var value: Number = 0
    for index in 0..<size { value |= Number(all[offset + index]) << Number(8 * index) }
    return value
  }

  func u8(_ offset: Int) throws(ELFError) -> UInt8 { try number(offset) }
  func u16(_ offset: Int) throws(ELFError) -> UInt16 { try number(offset) }
  func u32(_ offset: Int) throws(ELFError) -> UInt32 { try number(offset) }
  func u64(_ offset: Int) throws(ELFError) -> UInt64 { try number(offset) }
  /// An address or an offset, which has 64 or 32 bits.
  func word(_ offset: Int, _ is64Bit: Bool) throws(ELFError) -> UInt64 {
    is64Bit ? try u64(offset) : UInt64(try u32(offset))
  }

  /// A string that ends with a zero, without it. One of more than `limit` bytes is nonsense.
  func string(_ offset: UInt64, limit: Int = 65_536) throws(ELFError) -> ArraySlice<UInt8> {
    guard offset < UInt64(all.count) else { throw end }
    let rest = all[Int(offset)...]
    guard let zero = rest.prefix(limit + 1).firstIndex(of: 0) else {
      throw rest.count > limit ? nonsense : end
    }
    return rest[..<zero]
  }
}

/// The strings that a table's entries name. Entries without number may name the same string, or one that ends as another
/// does: what they name in all has a bound, since to read it would take for ever.
struct Strings {
  private let bytes: Bytes
  /// In bytes.
  private var left: Int

  /// Linkers store a string once, and few are named by several entries.
  init(_ bytes: Bytes) {
    self.bytes = bytes
    left = 16 * bytes.count + (16 << 20)
  }

  /// As `Bytes.string`. Throws, too, when too much has been asked for.
  mutating func string(_ offset: UInt64, limit: Int = 65_536) throws(ELFError) -> ArraySlice<UInt8> {
    let string = try bytes.string(offset, limit: limit)
    left -= string.count
    guard left >= 0 else { throw bytes.nonsense }
    return string
  }
}

/// A name as text; bytes that are no UTF-8 become U+FFFD.
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
