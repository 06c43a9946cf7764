// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// A function that a process has called for the first time: what it is, and under which key the kernel counts.
struct FunctionRecord {
  let key: hg_function_key
  let interpreter: UInt32
  let header: hg_header
  let file: ByteString
  let line: UInt32
  let name: ByteString
  let qualifiedName: ByteString?

  var process: ProcessID { ProcessID(pid: Int32(bitPattern: key.pid), start: key.start) }

  static func isOne(_ type: UInt32) -> Bool { type == HG_RECORD_FUNCTION.rawValue }

  init(_ reader: inout RecordReader) throws(DecodeError) {
    let record = try reader.read(hg_function.self)
    key = record.key
    interpreter = record.interpreter
    header = record.header
    line = record.line
    let file = try Self.text(record.texts.0, record.kinds.0, &reader)
    let name = try Self.text(record.texts.1, record.kinds.1, &reader)
    qualifiedName = try Self.text(record.texts.2, record.kinds.2, &reader)
    // One that cannot be read is told all the same: something was called.
    self.file = file ?? ""
    self.name = name ?? ""
  }

  /// Nil where there is none, or it could not be read.
  private static func text(
    _ text: hg_text, _ kind: UInt8, _ reader: inout RecordReader
  ) throws(DecodeError) -> ByteString? {
    let bytes = try reader.bytes(Int(text.size))
    let missing = HG_TEXT_ABSENT.rawValue | HG_TEXT_UNREADABLE.rawValue
    guard UInt32(text.flags) & missing == 0 else { return nil }
    switch hg_text_kind(UInt32(kind)) {
    case HG_TEXT_BYTES: return ByteString(bytes)
    case HG_TEXT_LATIN1: return ByteString(encode(bytes, width: 1))
    case HG_TEXT_UCS2: return ByteString(encode(bytes, width: 2))
    case HG_TEXT_UCS4: return ByteString(encode(bytes, width: 4))
    default: throw .invalid(type: HG_RECORD_FUNCTION.rawValue)
    }
  }

  /// Characters of one width as UTF-8. Halves of surrogate pairs, which Python's texts may hold (they stand for bytes that were
  /// not UTF-8, from U+DC80 on), become those bytes, others U+FFFD.
  static func encode(_ bytes: [UInt8], width: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for start in stride(from: 0, through: bytes.count - width, by: width) {
      let value = (0..<width).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
      if (0xdc80...0xdcff).contains(value) {
        result.append(UInt8(value - 0xdc00))
      } else {
        result += Character(Unicode.Scalar(value) ?? "\u{fffd}").utf8
      }
    }
    return result
  }
}
