// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Writes JSON text (RFC 8259) as UTF-8 behind what it already holds.
///
/// Strings hold any bytes. Text appears as itself, except that whatever ``Printable`` would not print is
/// written `\uXXXX`: a parser reads the same text, and a terminal that shows the line is not deceived. Bytes
/// that are not UTF-8 appear as U+FFFD, once for each maximal subpart, and whoever writes a field adds the exact
/// bytes as base64.
struct JSONWriter: ~Copyable {
  var bytes: ByteBuffer

  init(capacity: Int) { bytes = ByteBuffer(capacity: capacity) }

  /// Appends text that is JSON already.
  @inline(__always)
  mutating func raw(_ text: StaticString) { bytes.append(text) }

  @inline(__always)
  mutating func integer(_ value: some FixedWidthInteger) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    bytes.append(decimal: UInt64(value.magnitude))
  }

  /// Appends a string in its quotes. False where the bytes are not UTF-8.
  mutating func string(_ text: Span<UInt8>) -> Bool {
    bytes.append(Byte.doubleQuote)
    defer { bytes.append(Byte.doubleQuote) }
    if Self.isPlain(text) {
      bytes.append(text)
      return true
    }
    return escaped(text)
  }

  /// A string that is known to be text.
  mutating func string(_ text: String) { _ = string(text.utf8.span) }

  /// Whether all bytes stand for themselves: printable ASCII without `"` and `\`. Eight at a time; a byte's
  /// highest bit tells in each term, and a borrow or carry into a neighbour only comes from a byte that told.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let raw = unsafe text.bytes
    let count = raw.byteCount
    guard count >= 8 else {
      return text.allSatisfy(isPlain)
    }
    var special: UInt64 = 0
    var offset = 0
    while true {
      // The last eight may overlap those before. Either way eight bytes from `offset` are inside.
      let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
      special |= word | (word &- ones &* 0x20) | (word &+ ones)
      special |= (word ^ ones &* UInt64(Byte.doubleQuote)) &- ones
      special |= (word ^ ones &* UInt64(Byte.backslash)) &- ones
      if offset == count &- 8 { break }
      offset = min(offset &+ 8, count &- 8)
    }
    return special & (ones &* 0x80) == 0
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte &- 0x20 < 0x5F && byte != Byte.doubleQuote && byte != Byte.backslash
  }

  private mutating func escaped(_ text: Span<UInt8>) -> Bool {
    var isUTF8 = true
    /// Where the bytes begin that stand for themselves and were not appended yet.
    var start = 0
    var index = 0
    while index < text.count {
      if Self.isPlain(text[index]) {
        index += 1
        continue
      }
      let sequence = UTF8Sequence(text, at: index)
      if let scalar = sequence.scalar, !scalar.isASCII, Printable.isPrintable(scalar) {
        index += sequence.length
        continue
      }
      bytes.append(text.extracting(start..<index))
      index += sequence.length
      start = index
      switch sequence.scalar {
      case nil:
        isUTF8 = false
        raw("\u{FFFD}")
      case "\"": raw(#"\""#)
      case "\\": raw(#"\\"#)
      case "\n": raw(#"\n"#)
      case "\r": raw(#"\r"#)
      case "\t": raw(#"\t"#)
      case let scalar?:
        for unit in String(scalar).utf16 { unicodeEscape(unit) }
      }
    }
    bytes.append(text.extracting(start..<text.count))
    return isUTF8
  }

  private mutating func unicodeEscape(_ unit: UInt16) {
    raw(#"\u"#)
    for shift in stride(from: 12, through: 0, by: -4) {
      bytes.append(Byte.hexadecimal(UInt8(unit >> shift & 15)))
    }
  }

  /// Appends bytes as a base64 string (RFC 4648, padded) in its quotes.
  mutating func base64(_ data: Span<UInt8>) {
    bytes.append(Byte.doubleQuote)
    var index = 0
    while index < data.count {
      let left = data.count - index
      let group =
        UInt32(data[index]) << 16 | (left > 1 ? UInt32(data[index + 1]) << 8 : 0)
        | (left > 2 ? UInt32(data[index + 2]) : 0)
      bytes.append(Self.base64Digit(group >> 18))
      bytes.append(Self.base64Digit(group >> 12 & 63))
      bytes.append(left > 1 ? Self.base64Digit(group >> 6 & 63) : UInt8(ascii: "="))
      bytes.append(left > 2 ? Self.base64Digit(group & 63) : UInt8(ascii: "="))
      index += 3
    }
    bytes.append(Byte.doubleQuote)
  }

  private static func base64Digit(_ value: UInt32) -> UInt8 {
    let value = UInt8(value)
    return switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + value - 26
    case 52..<62: UInt8(ascii: "0") + value - 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}

// MARK: - Fields of an object that has a field already

extension JSONWriter {
  /// The name of a field is ASCII without anything to escape.
  @inline(__always)
  mutating func name(_ name: StaticString) {
    raw(",\"")
    raw(name)
    raw("\":")
  }

  @inline(__always)
  mutating func field(_ name: StaticString, _ value: some FixedWidthInteger) {
    self.name(name)
    integer(value)
  }

  @inline(__always)
  mutating func field(_ name: StaticString, _ value: String) {
    self.name(name)
    string(value)
  }

  mutating func field(_ name: StaticString, _ value: Bool) {
    self.name(name)
    raw(value ? "true" : "false")
  }

  /// A field that is there only when it is true.
  @inline(__always)
  mutating func fact(_ name: StaticString, _ suffix: StaticString, _ value: Bool) {
    if !value { return }
    raw(",\"")
    raw(name)
    raw(suffix)
    raw("\":true")
  }

  mutating func null(_ name: StaticString) {
    self.name(name)
    raw("null")
  }

  /// Text, with `NAME_base64` behind it where it is not UTF-8.
  @inline(__always)
  mutating func field(_ name: StaticString, _ value: ByteString) {
    self.name(name)
    if !string(value.bytes.span) {
      raw(",\"")
      raw(name)
      raw("_base64\":")
      base64(value.bytes.span)
    }
  }

  /// The same under a name with something before it.
  mutating func field(prefixed prefix: StaticString, _ name: StaticString, _ value: ByteString) {
    raw(",\"")
    raw(prefix)
    raw(name)
    raw("\":")
    if !string(value.bytes.span) {
      raw(",\"")
      raw(prefix)
      raw(name)
      raw("_base64\":")
      base64(value.bytes.span)
    }
  }

  /// The same for the first field of an object.
  mutating func first(_ name: StaticString, _ value: ByteString) {
    raw("\"")
    raw(name)
    raw("\":")
    if string(value.bytes.span) { return }
    raw(",\"")
    raw(name)
    raw("_base64\":")
    base64(value.bytes.span)
  }

  /// Texts, null where there is none. Where one is not UTF-8, `NAME_base64` is an array of the same length with
  /// the exact bytes at that place, and null at every place where the text says all.
  mutating func field(_ name: StaticString, _ values: some Collection<ByteString?>) {
    self.name(name)
    var isUTF8 = true
    elements(values) { writer, value in
      isUTF8 = writer.string(value.bytes.span) && isUTF8
    }
    if isUTF8 { return }
    raw(",\"")
    raw(name)
    raw("_base64\":")
    elements(values) { writer, value in
      if String(validating: value.bytes, as: UTF8.self) != nil {
        writer.raw("null")
      } else {
        writer.base64(value.bytes.span)
      }
    }
  }

  private mutating func elements(
    _ values: some Collection<ByteString?>, write: (inout Self, ByteString) -> Void
  ) {
    var separator = UInt8(ascii: "[")
    for value in values {
      bytes.append(separator)
      separator = UInt8(ascii: ",")
      if let value { write(&self, value) } else { raw("null") }
    }
    raw(separator == UInt8(ascii: "[") ? "[]" : "]")
  }
}
