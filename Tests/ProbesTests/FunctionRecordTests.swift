// SPDX-License-Identifier: Apache-2.0
import CProbeEvents
import Inspection
import Testing

@testable import Probes

/// Functions of Python that were called for the first time, as the kernel's side tells them.
struct FunctionRecordTests {
  static func record(_ texts: [(bytes: [UInt8], kind: hg_text_kind)]) -> [UInt8] {
    var record = hg_function()
    record.header = .test(HG_RECORD_FUNCTION)
    record.line = 7
    (record.key.pid, record.key.start) = (record.header.pid, record.header.start)
    let sizes = texts.map { hg_text(size: UInt16($0.bytes.count), flags: 0) }
    record.texts = (sizes[0], sizes[1], sizes[2])
    record.kinds = (
      UInt8(texts[0].kind.rawValue), UInt8(texts[1].kind.rawValue), UInt8(texts[2].kind.rawValue)
    )
    let head = unsafe withUnsafeBytes(of: record) { unsafe Array($0) }
    return head + texts.flatMap(\.bytes)
  }

  static func read(_ bytes: [UInt8]) throws -> FunctionRecord {
    try unsafe bytes.withUnsafeBytes { bytes in
      var reader = RecordReader(unsafe RawSpan(_unsafeBytes: bytes))
      return try FunctionRecord(&reader)
    }
  }

  @Test func textsOfEveryWidthBecomeUTF8() throws {
    let file: [UInt8] = [0x2f, 0xe4]  // "/ä", a byte each
    let name: [UInt8] = [0x67, 0, 0xc9, 0x03, 0xff, 0xdc]  // "gω", and a byte that was not UTF-8
    let qualified: [UInt8] = [0x00, 0xf6, 0x01, 0, 0x00, 0xd8, 0, 0]  // an emoji, half of a pair
    let record = try Self.read(
      Self.record([(file, HG_TEXT_LATIN1), (name, HG_TEXT_UCS2), (qualified, HG_TEXT_UCS4)]))
    #expect(record.file == "/ä" && record.line == 7)
    #expect(record.name.bytes == Array("gω".utf8) + [0xff])
    #expect(record.qualifiedName == "😀\u{fffd}")
  }

  @Test func ofPython2TheyAreBytes() throws {
    let record = try Self.read(
      Self.record([(Array("a.py".utf8), HG_TEXT_BYTES), ([0xff], HG_TEXT_BYTES), ([], HG_TEXT_BYTES)]))
    #expect(record.file == "a.py" && record.name.bytes == [0xff] && record.qualifiedName == "")
  }

  @Test func whatIsMissingOrUnknownIsRefused() throws {
    let whole = Self.record([
      (Array("a.py".utf8), HG_TEXT_LATIN1), ([102], HG_TEXT_LATIN1), ([102], HG_TEXT_LATIN1),
    ])
    for size in 0..<whole.count {
      #expect(throws: DecodeError.self) { try Self.read(Array(whole[..<size])) }
    }
    var odd = whole
    let kinds = try #require(MemoryLayout<hg_function>.offset(of: \.kinds))
    odd[kinds] = 3
    #expect(throws: DecodeError.invalid(type: HG_RECORD_FUNCTION.rawValue)) { try Self.read(odd) }
  }
}
