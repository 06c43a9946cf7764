// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// Reads a record from front to back: its struct, then the texts of its tail in order.
struct RecordReader: ~Escapable {
  private let record: RawSpan
  private var offset = 0

  @_lifetime(copy record)
  init(_ record: RawSpan) { self.record = record }

  /// The struct at the front, left to be read again.
  func peek<Struct: BitwiseCopyable>(_ type: Struct.Type) throws(DecodeError) -> Struct {
    guard MemoryLayout<Struct>.size <= record.byteCount else { throw .short(type: 0) }
    // In bounds, and any bytes make a value of these C structs of integers.
    return unsafe record.unsafeLoadUnaligned(as: type)
  }

  @_lifetime(self: copy self)
  mutating func read<Struct: BitwiseCopyable>(_ type: Struct.Type) throws(DecodeError) -> Struct {
    let value = try peek(type)
    offset = MemoryLayout<Struct>.size
    return value
  }

  /// A struct behind what was read, at the next multiple of 8.
  @_lifetime(self: copy self)
  mutating func readAligned<Struct: BitwiseCopyable>(_ type: Struct.Type) throws(DecodeError) -> Struct {
    let start = (offset + 7) & ~7
    guard start + MemoryLayout<Struct>.size <= record.byteCount else {
      throw .short(type: try peek(UInt32.self))
    }
    offset = start + MemoryLayout<Struct>.size
    // In bounds, and any bytes make a value of these C structs of integers.
    return unsafe record.unsafeLoadUnaligned(fromByteOffset: start, as: type)
  }

  @_lifetime(self: copy self)
  mutating func bytes(_ count: Int) throws(DecodeError) -> [UInt8] {
    guard count <= record.byteCount - offset else { throw .short(type: try peek(UInt32.self)) }
    defer { offset += count }
    return unsafe record.extracting(offset..<offset + count).withUnsafeBytes { unsafe Array($0) }
  }

  /// A text of the tail; nil where there is none or it could not be read.
  @_lifetime(self: copy self)
  mutating func text(_ text: hg_text) throws(DecodeError) -> ByteString? {
    let bytes = try bytes(Int(text.size))
    // The kernel's strings end at a zero.
    guard !bytes.contains(0) else { throw .invalid(type: try peek(UInt32.self)) }
    let missing = HG_TEXT_ABSENT.rawValue | HG_TEXT_UNREADABLE.rawValue
    return UInt32(text.flags) & missing == 0 ? ByteString(bytes) : nil
  }

  /// What a walk found: an absolute path, or the name of a pseudo file; nil where there was none.
  @_lifetime(self: copy self)
  mutating func path(_ walk: hg_walk) throws(DecodeError) -> (path: ByteString, flags: UInt32)? {
    let bytes = try bytes(Int(walk.size))
    var flags = UInt32(walk.flags)
    guard flags & HG_TEXT_ABSENT.rawValue == 0 else { return nil }
    guard bytes.isEmpty || bytes.first == UInt8(ascii: "/") else {
      throw .invalid(type: try peek(UInt32.self))
    }
    // A walk that could not go on lacks the beginning of its path, as one that became too long does.
    if flags & HG_TEXT_UNREADABLE.rawValue != 0 { flags |= HG_TEXT_TRUNCATED.rawValue }
    // No name has a zero, but one that was changed while it was read may end with some of its longer successor's place.
    var path = Self.reverse(bytes.contains(0) ? bytes.filter { $0 != 0 } : bytes)
    // Its beginning is what is missing of a path that was cut: it must not look absolute.
    if flags & HG_TEXT_TRUNCATED.rawValue != 0 { path.removeFirst() }
    guard flags & HG_TEXT_PSEUDO.rawValue != 0 else { return (ByteString(path), flags) }
    return (ByteString(Self.pseudo(path, walk)), flags)
  }

  /// A walk has the leaf first: "/hosts/etc" is /etc/hosts, and nothing at all is the root.
  static func reverse(_ walk: [UInt8]) -> [UInt8] {
    guard !walk.isEmpty else { return [UInt8(ascii: "/")] }
    var path: [UInt8] = []
    path.reserveCapacity(walk.count)
    var end = walk.count
    while let start = walk[..<end].lastIndex(of: UInt8(ascii: "/")) {
      path.append(contentsOf: walk[start..<end])
      end = start
    }
    return path
  }

  /// The name /proc/PID/fd shows for a file of no mounted file system.
  private static func pseudo(_ path: [UInt8], _ walk: hg_walk) -> [UInt8] {
    func numbered(_ kind: String) -> [UInt8] { Array("\(kind):[\(walk.inode)]".utf8) }
    switch walk.magic {
    case 0x5049_5045: return numbered("pipe")
    case 0x534f_434b: return numbered("socket")
    case 0x5049_4446: return numbered("pidfd")
    case 0x6e73_6673: return Array(path.dropFirst()) + numbered("")
    case 0x0904_1934: return Array("anon_inode:".utf8) + path.dropFirst()
    default: return path.count > 1 ? path : numbered("inode")
    }
  }

  /// A thread's name: up to its first zero, at most 15 bytes.
  static func comm(_ header: hg_header) -> ByteString {
    unsafe withUnsafeBytes(of: header.comm) { unsafe ByteString($0.prefix(15).prefix { $0 != 0 }) }
  }
}
