// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Testing

@testable internal import Report

/// Text that should be UTF-8, and is shown as it is when a test fails.
func text(_ bytes: [UInt8], _ location: SourceLocation = #_sourceLocation) -> String {
  guard let text = String(validating: bytes, as: UTF8.self) else {
    Issue.record("not UTF-8: \(bytes)", sourceLocation: location)
    return ""
  }
  return text
}

func path(_ bytes: [UInt8]) -> String {
  var output: [UInt8] = []
  Printable.appendPath(bytes, to: &output)
  return text(output)
}

func word(_ bytes: [UInt8]) -> String {
  var output: [UInt8] = []
  Printable.appendWord(bytes, to: &output)
  return text(output)
}

/// Random bytes that meet the difficult cases often: quotes, escapes, controls, pieces of UTF-8.
struct HostileBytes {
  var generator: SplitMix64
  init(seed: UInt64) { generator = SplitMix64(state: seed) }

  mutating func next(upTo most: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...most, using: &generator) {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: bytes.append(.random(in: 1...255, using: &generator))
      case 1:
        bytes +=
          Array("'\"\\$`!~ *?[]{}()<>|&;#=x41n\n\t\r\u{1B}".utf8).randomElement(using: &generator).map {
            [$0]
          } ?? []
      case 2: bytes += Self.pieces.randomElement(using: &generator) ?? []
      case 3:
        let value = UInt32.random(in: 0x80...0x10FFFF, using: &generator)
        if let scalar = Unicode.Scalar(value) { bytes += String(Character(scalar)).utf8 }
      default: bytes.append(.random(in: 0x21...0x7E, using: &generator))
      }
    }
    return bytes
  }

  private static let pieces: [[UInt8]] = [
    [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    [0xF0, 0x9F, 0x98],
    Array("e\u{301}".utf8), Array("\u{202E}".utf8), Array("\u{2028}".utf8), Array("\u{FEFF}".utf8),
    Array("\u{9B}".utf8), Array("日本".utf8), Array("ß".utf8), Array("😀".utf8), Array("…".utf8),
  ]
}

/// A generator whose numbers are the same in every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

extension [UInt8] {
  init(copying span: Span<UInt8>) {
    self = span.indices.map { span[$0] }
  }
}
