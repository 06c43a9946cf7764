// SPDX-License-Identifier: Apache-2.0

/// What begins at one place of bytes that should be UTF-8.
struct UTF8Sequence {
  /// Nil where the bytes are not UTF-8.
  var scalar: Unicode.Scalar?
  /// How many bytes belong together, at least 1. Of bytes that are not UTF-8 the longest beginning of a
  /// sequence (Unicode 3.9, "maximal subpart"), which is what one U+FFFD stands for in every decoder that
  /// follows the standard.
  var length: Int

  /// Reads the sequence at `index`, which is inside `bytes`.
  init(_ bytes: Span<UInt8>, at index: Int) {
    let first = bytes[index]
    if first < 0x80 {
      self.init(Unicode.Scalar(first), 1)
      return
    }
    // The second byte's range excludes overlong forms, surrogates and what is past U+10FFFF.
    let count: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: count = 2
    case 0xE0: (count, second) = (3, 0xA0...0xBF)
    case 0xED: (count, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: count = 3
    case 0xF0: (count, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: count = 4
    case 0xF4: (count, second) = (4, 0x80...0x8F)
    default:
      self.init(nil, 1)
      return
    }
    var value = UInt32(first) & (0x7F >> UInt32(count))
    for position in 1..<count {
      let next = index + position
      guard next < bytes.count, (position == 1 ? second : 0x80...0xBF).contains(bytes[next]) else {
        self.init(nil, position)
        return
      }
      value = value << 6 | UInt32(bytes[next] & 0x3F)
    }
    self.init(Unicode.Scalar(value), count)
  }

  private init(_ scalar: Unicode.Scalar?, _ length: Int) {
    self.scalar = scalar
    self.length = length
  }
}
