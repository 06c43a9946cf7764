// SPDX-License-Identifier: Apache-2.0

/// An argument or a result, as `strace -y -X raw -xx` prints it.
public struct StraceArgument: Equatable, Sendable {
  /// What stands before an annotation, comments removed: `-100`, `0x80000`, `NULL`, `{sa_family=0x2, …}`.
  public var text: String
  /// A quoted string's bytes.
  public var string: Bytes?
  /// A quoted string was longer than strace reads.
  public var isCutOff = false
  /// What -y found behind a descriptor: `3</etc/hosts>`.
  public var annotation: Bytes?
  /// -y's `(deleted)` behind an annotation.
  public var isDeleted = false
  /// The elements of an array.
  public var elements: [StraceArgument] = []

  public var number: Int64? {
    // Flags that strace knows to be several are joined even in raw form: `0x1|0x80000`.
    var sum: UInt64 = 0
    for part in text.split(separator: "|") {
      guard let number = Self.number(part) else { return nil }
      sum |= UInt64(bitPattern: number)
    }
    return text.isEmpty ? nil : Int64(bitPattern: sum)
  }

  private static func number(_ text: Substring) -> Int64? {
    if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map { Int64(bitPattern: $0) } }
    if text.hasPrefix("0"), text.utf8.count > 1 { return Int64(text.dropFirst(), radix: 8) }
    return Int64(text) ?? UInt64(text).map { Int64(bitPattern: $0) }
  }

  /// A member of a structure that strace prints as `name=value`.
  public func member(_ name: String) -> StraceArgument? {
    for start in text.indices where text[start...].hasPrefix(name + "=") {
      if start > text.startIndex, !"{ ,".contains(text[text.index(before: start)]) { continue }
      var scanner = StraceScanner(Array(text[start...].dropFirst(name.count + 1).utf8))
      return try? scanner.argument()
    }
    return nil
  }
}

/// Reads strace's notation from left to right.
struct StraceScanner {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  let bytes: [UInt8]
  var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func startsWith(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    return position + length <= bytes.count
      && bytes[position..<position + length].elementsEqual("\(text)".utf8)
  }

  mutating func skip(_ text: StaticString) -> Bool {
    guard startsWith(text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  func failure(_ text: String) -> Failure {
    Failure(
      description: "\(text) at byte \(position) of: \(String(decoding: bytes.prefix(400), as: UTF8.self))")
  }

  /// The arguments between the parentheses; the opening one is behind us.
  mutating func arguments() throws -> [StraceArgument] {
    var result: [StraceArgument] = []
    while true {
      _ = skip(" ")
      if skip(")") { return result }
      let start = position
      result.append(try argument())
      _ = skip(",")
      guard position > start else { throw failure("arguments without an end") }
    }
  }

  /// One argument, up to the comma or bracket behind it.
  mutating func argument() throws -> StraceArgument {
    var argument = StraceArgument(text: "")
    if skip("[") {
      // An array; also the one number of a result pointer, `[111]`.
      while !skip("]") {
        guard next != nil else { throw failure("an array without an end") }
        argument.elements.append(try self.argument())
        while skip(",") || skip(" ") {}
      }
      try finish(&argument)
      return argument
    }
    try finish(&argument)
    return argument
  }

  private mutating func finish(_ argument: inout StraceArgument) throws {
    let start = position
    var text: [UInt8] = []
    var depth = 0
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        let begin = position
        let string = try quoted()
        if depth == 0 {
          argument.string = string
          argument.isCutOff = skip("...")
        } else {
          text += bytes[begin..<position]
        }
      case UInt8(ascii: "<") where position > start:
        argument.annotation = try annotation()
        argument.isDeleted = skip("(deleted)")
      case UInt8(ascii: "/") where startsWith("/*"):
        while next != nil, !skip("*/") { position += 1 }
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "("):
        depth += 1
        text.append(byte)
        position += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"):
        if depth == 0 {
          argument.text = String(decoding: text, as: UTF8.self)
          return
        }
        depth -= 1
        text.append(byte)
        position += 1
      case UInt8(ascii: ",") where depth == 0:
        argument.text = String(decoding: text, as: UTF8.self)
        return
      default:
        if byte != UInt8(ascii: " ") || depth > 0 { text.append(byte) }
        position += 1
      }
    }
    argument.text = String(decoding: text, as: UTF8.self)
  }

  /// A quoted string; -xx makes every byte of it `\xNN`.
  private mutating func quoted() throws -> Bytes {
    position += 1
    var result: [UInt8] = []
    while next != UInt8(ascii: "\"") { result.append(try escaped()) }
    position += 1
    return Bytes(result)
  }

  private mutating func annotation() throws -> Bytes {
    position += 1
    var result: [UInt8] = []
    while next != UInt8(ascii: ">") { result.append(try escaped()) }
    position += 1
    return Bytes(result)
  }

  private mutating func escaped() throws -> UInt8 {
    guard startsWith("\\x"), position + 4 <= bytes.count,
      let high = hexadecimalDigit(bytes[position + 2]), let low = hexadecimalDigit(bytes[position + 3])
    else { throw failure("a byte that is not written as \\xNN") }
    position += 4
    return high << 4 | low
  }
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x61...0x66: byte - 0x61 + 10
  case 0x41...0x46: byte - 0x41 + 10
  default: nil
  }
}
