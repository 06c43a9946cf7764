// SPDX-License-Identifier: Apache-2.0

/// A JSON text as RFC 8259 has it, read strictly: no control byte in a string, no name twice in one object, no lone
/// surrogate, nothing after the value. Strings must be UTF-8.
public indirect enum JSON: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// Only whole numbers: the contract has no others.
  case integer(Int128)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  public struct SyntaxError: Error, CustomStringConvertible {
    public var description: String
  }

  public init(_ bytes: some Collection<UInt8>) throws {
    var parser = JSONParser(bytes: Array(bytes))
    self = try parser.value()
    try parser.finish()
  }

  public subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
  public var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
  public var integer: Int128? {
    if case .integer(let number) = self { number } else { nil }
  }
  public var array: [JSON]? {
    if case .array(let elements) = self { elements } else { nil }
  }
  public var object: [String: JSON]? {
    if case .object(let members) = self { members } else { nil }
  }
  public var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }
}

private struct JSONParser {
  var bytes: [UInt8]
  var position = 0

  func error(_ text: String) -> JSON.SyntaxError {
    JSON.SyntaxError(description: "\(text) at byte \(position)")
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
  }

  mutating func take(_ text: StaticString) throws {
    for byte in "\(text)".utf8 {
      guard next == byte else { throw error("expected \(text)") }
      position += 1
    }
  }

  mutating func finish() throws {
    skipSpace()
    guard next == nil else { throw error("something after the value") }
  }

  mutating func value() throws -> JSON {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"):
      try take("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try take("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try take("null")
      return .null
    default: return .integer(try integer())
    }
  }

  mutating func object() throws -> JSON {
    try take("{")
    var members: [String: JSON] = [:]
    skipSpace()
    while next != UInt8(ascii: "}") {
      if !members.isEmpty { try take(",") }
      skipSpace()
      let name = try string()
      skipSpace()
      try take(":")
      guard members.updateValue(try value(), forKey: name) == nil else { throw error("\(name) twice") }
      skipSpace()
    }
    try take("}")
    return .object(members)
  }

  mutating func array() throws -> JSON {
    try take("[")
    var elements: [JSON] = []
    skipSpace()
    while next != UInt8(ascii: "]") {
      if !elements.isEmpty { try take(",") }
      elements.append(try value())
      skipSpace()
    }
    try take("]")
    return .array(elements)
  }

  mutating func integer() throws -> Int128 {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Int128(text), text == "\(number)" else { throw error("no whole number") }
    return number
  }

  mutating func string() throws -> String {
    try take("\"")
    var content: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      position += 1
      guard byte >= 0x20 else { throw error("a control byte in a string") }
      if byte == UInt8(ascii: "\\") {
        content += Array(String(Character(try escape())).utf8)
      } else {
        content.append(byte)
      }
    }
    try take("\"")
    guard let text = String(validating: content, as: UTF8.self) else {
      throw error("a string that is not UTF-8")
    }
    return text
  }

  mutating func escape() throws -> Unicode.Scalar {
    guard let byte = next else { throw error("an escape without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{08}"
    case UInt8(ascii: "f"): return "\u{0c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw error("an unknown escape")
    }
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00 else { throw error("a lone surrogate") }
    try take("\\u")
    let second = try codeUnit()
    guard (0xdc00...0xdfff).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw error("a lone surrogate") }
    return scalar
  }

  mutating func codeUnit() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      let number = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("no four hexadecimal digits") }
    position += 4
    return number
  }
}
