// SPDX-License-Identifier: Apache-2.0

extension Printable {
  /// The columns that a terminal gives to text which ``appendPath(_:to:)`` or ``appendWord(_:to:)`` printed:
  /// two for East Asian wide characters and emoji, none for marks, one for everything else.
  public static func columns(_ text: [UInt8]) -> Int { columns(text[...]) }

  public static func columns(_ text: ArraySlice<UInt8>) -> Int {
    let bytes = text.span
    if bytes.allSatisfy({ $0 < 0x80 }) { return bytes.count }
    var columns = 0
    var index = 0
    while index < bytes.count {
      let sequence = UTF8Sequence(bytes, at: index)
      columns += sequence.scalar.map(Self.columns) ?? 1
      index += sequence.length
    }
    return columns
  }

  /// Appends printed text, cut to at most `columns` columns: the end gives way to "…". An escape and a
  /// character with its marks are kept or cut whole. Nothing is cut where the text fits.
  public static func appendCut(_ text: ArraySlice<UInt8>, columns limit: Int, to output: inout [UInt8]) {
    let bytes = text.span
    if bytes.count <= limit || columns(text) <= limit {
      output += text
      return
    }
    guard limit > 0 else { return }
    var index = 0
    var used = 0
    /// The end of what fits beside the ellipsis.
    var end = 0
    while index < bytes.count {
      let (length, width) = unit(bytes, at: index)
      if used + width > limit - 1 { break }
      used += width
      index += length
      end = index
    }
    output += text[text.startIndex..<(text.startIndex + end)]
    output += "…".utf8
  }

  public static func appendCut(_ text: [UInt8], columns limit: Int, to output: inout [UInt8]) {
    appendCut(text[...], columns: limit, to: &output)
  }

  /// One escape, or one character with the marks on it: its bytes and its columns.
  private static func unit(_ bytes: Span<UInt8>, at index: Int) -> (length: Int, width: Int) {
    if bytes[index] == Byte.backslash, index + 1 < bytes.count {
      switch bytes[index + 1] {
      case UInt8(ascii: "x")
      where index + 3 < bytes.count && bytes[index + 2] < 0x80 && bytes[index + 3] < 0x80:
        return (4, 4)
      case 0x20..<0x7F: return (2, 2)
      default: break
      }
    }
    let first = UTF8Sequence(bytes, at: index)
    var length = first.length
    while index + length < bytes.count, bytes[index + length] >= 0x80 {
      let next = UTF8Sequence(bytes, at: index + length)
      guard let scalar = next.scalar, columns(scalar) == 0 else { break }
      length += next.length
    }
    return (length, first.scalar.map(columns) ?? 1)
  }

  static func columns(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // Vowels and final consonants that join the Hangul syllable before them.
    if (0x1160...0x11FF).contains(value) { return 0 }
    var low = 0
    var high = wide.count
    while low < high {
      let middle = (low + high) / 2
      if wide[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < wide.count && wide[low].contains(value) ? 2 : 1
  }

  /// East_Asian_Width W and F of Unicode 16, joined across what is not assigned.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
    0x25FD...0x25FE, 0x2614...0x2615, 0x2630...0x2637, 0x2648...0x2653, 0x267F...0x267F, 0x268A...0x268F,
    0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE,
    0x26D4...0x26D4, 0x26EA...0x26EA, 0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD,
    0x2705...0x2705, 0x270A...0x270B, 0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755,
    0x2757...0x2757, 0x2795...0x2797, 0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50,
    0x2B55...0x2B55, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0xA4C6, 0xA960...0xA97C, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x1B2FB,
    0x1D300...0x1D376, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F18E, 0x1F191...0x1F19A,
    0x1F200...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C, 0x1F37E...0x1F393, 0x1F3A0...0x1F3CA,
    0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4, 0x1F3F8...0x1F43E, 0x1F440...0x1F440,
    0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E, 0x1F550...0x1F567, 0x1F57A...0x1F57A,
    0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F, 0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC,
    0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6DF, 0x1F6EB...0x1F6EF, 0x1F6F4...0x1F6FF, 0x1F7E0...0x1F7F0,
    0x1F90C...0x1F93A, 0x1F93C...0x1F945, 0x1F947...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
  ]
}
