// SPDX-License-Identifier: Apache-2.0

/// Where a static probe's argument is when control comes by, in the words of the assembler that wrote the note
/// (sys/sdt.h, x86-64): `-4@%edi`, `8@-16(%rbp)`, `4@$5`.
public struct ProbeArgument: Hashable, Sendable {
  public enum Place: Hashable, Sendable {
    case constant(Int64)
    case register(Register)
    case memory(Address)
  }

  /// base + index * scale + displacement + the symbol's address. With `base` rip the symbol alone is the address: that is how
  /// the assembler writes a variable of the file itself.
  public struct Address: Hashable, Sendable {
    public var base: Register.Name?
    public var index: Register.Name?
    /// 1, 2, 4 or 8; of no meaning without an index.
    public var scale = 1
    public var displacement: Int64 = 0
    public var symbol: String?

    public init(
      base: Register.Name? = nil, index: Register.Name? = nil, scale: Int = 1, displacement: Int64 = 0,
      symbol: String? = nil
    ) {
      self.base = base
      self.index = index
      self.scale = scale
      self.displacement = displacement
      self.symbol = symbol
    }
  }

  /// A register, or a part of it.
  public struct Register: Hashable, Sendable {
    public enum Name: String, Hashable, Sendable, CaseIterable {
      case rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp, r8, r9, r10, r11, r12, r13, r14, r15, rip
    }
    public var name: Name
    /// In bytes.
    public var size = 8
    /// ah, bh, ch, dh: the second byte.
    public var isHighByte = false

    public init(_ name: Name, size: Int = 8, isHighByte: Bool = false) {
      self.name = name
      self.size = size
      self.isHighByte = isHighByte
    }
  }

  /// 1, 2, 4 or 8 bytes; 8 where the note does not say.
  public let size: Int
  public let isSigned: Bool
  public let place: Place

  public init(size: Int = 8, isSigned: Bool = false, _ place: Place) {
    self.size = size
    self.isSigned = isSigned
    self.place = place
  }

  /// The arguments of a note, which blanks divide.
  public static func list(_ text: String) throws(ProbeArgumentError) -> [ProbeArgument] {
    var arguments: [ProbeArgument] = []
    for word in text.split(whereSeparator: \.isWhitespace) { arguments.append(try ProbeArgument(word)) }
    return arguments
  }

  /// One argument. Throws where it is none, or one of a kind that no program here can read: floating point, a segment
  /// register, the address of a symbol as a constant.
  public init(_ text: some StringProtocol) throws(ProbeArgumentError) {
    let text = Substring(text)
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    var bytes = 8, isSigned = false
    if parts.count == 2 {
      guard let size = Int(parts[0]), [1, 2, 4, 8].contains(size.magnitude), parts[0].first != "+" else {
        throw ProbeArgumentError(text: String(text))
      }
      (bytes, isSigned) = (Int(size.magnitude), size < 0)
    }
    guard let place = Self.place(parts[parts.count - 1]) else { throw ProbeArgumentError(text: String(text)) }
    self.init(size: bytes, isSigned: isSigned, place)
  }

  private static func place(_ text: Substring) -> Place? {
    switch text.first {
    case "$": return number(text.dropFirst()).map(Place.constant)
    case "%": return Register(text).map(Place.register)
    default: return address(text).map(Place.memory)
    }
  }

  /// DISPLACEMENT(BASE,INDEX,SCALE): of all that any may be missing, but not everything.
  private static func address(_ text: Substring) -> Address? {
    var address = Address()
    var front = text
    if let open = text.firstIndex(of: "(") {
      guard text.last == ")" else { return nil }
      front = text[..<open]
      let inside = text[text.index(after: open)...].dropLast()
      let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
      guard (1...3).contains(parts.count) else { return nil }
      for (number, part) in parts.prefix(2).enumerated() where !part.isEmpty {
        guard let register = Register(part), register.size == 8 else { return nil }
        if number == 0 { address.base = register.name } else { address.index = register.name }
      }
      if parts.count == 3 {
        guard let scale = Int(parts[2]), [1, 2, 4, 8].contains(scale) else { return nil }
        address.scale = scale
      }
      let isAny = address.base != nil || address.index != nil
      guard isAny, address.index != .rsp, address.index != .rip, address.base != .rip || address.index == nil
      else { return nil }
      if address.index == nil, parts.count > 1 { return nil }
    }
    if front.isEmpty { return address.base == nil && address.index == nil ? nil : address }
    if let displacement = number(front) {
      address.displacement = displacement
      return address
    }
    return name(front, into: &address) ? address : nil
  }

  /// `symbol`, `symbol+8`, `symbol-8`, `8+symbol`.
  private static func name(_ text: Substring, into address: inout Address) -> Bool {
    func isName(_ text: Substring) -> Bool {
      guard let first = text.first, first.isASCII, first.isLetter || "_.".contains(first) else {
        return false
      }
      return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.$@".contains($0)) }
    }
    guard let sign = text.dropFirst().lastIndex(where: { $0 == "+" || $0 == "-" }) else {
      address.symbol = String(text)
      return isName(text)
    }
    let front = text[..<sign], back = text[sign...], name = back.dropFirst()
    if isName(front), let displacement = number(back.first == "+" ? name : back) {
      (address.symbol, address.displacement) = (String(front), displacement)
      return true
    }
    guard back.first == "+", isName(name), let displacement = number(front) else { return false }
    (address.symbol, address.displacement) = (String(name), displacement)
    return true
  }

  /// Decimal or hexadecimal, with a sign or none; of 64 bits, whichever way they are meant.
  private static func number(_ text: Substring) -> Int64? {
    let isNegative = text.first == "-"
    let digits = isNegative ? text.dropFirst() : text
    let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
    let rest = isHexadecimal ? digits.dropFirst(2) : digits
    guard rest.first?.isHexDigit == true, let magnitude = UInt64(rest, radix: isHexadecimal ? 16 : 10) else {
      return nil
    }
    return Int64(bitPattern: isNegative ? 0 &- magnitude : magnitude)
  }
}

extension ProbeArgument.Register {
  /// `%rax` and its parts; nil for anything else, vectors among them.
  init?(_ text: Substring) {
    guard text.first == "%", let known = Self.byName[String(text.dropFirst())] else { return nil }
    self = known
  }

  private static let byName: [String: Self] = {
    var names: [String: Self] = ["rip": Self(.rip)]
    for (letter, name) in [("a", Name.rax), ("b", .rbx), ("c", .rcx), ("d", .rdx)] {
      names["r\(letter)x"] = Self(name)
      names["e\(letter)x"] = Self(name, size: 4)
      names["\(letter)x"] = Self(name, size: 2)
      names["\(letter)l"] = Self(name, size: 1)
      names["\(letter)h"] = Self(name, size: 1, isHighByte: true)
    }
    for (word, name) in [("si", Name.rsi), ("di", .rdi), ("bp", .rbp), ("sp", .rsp)] {
      names["r\(word)"] = Self(name)
      names["e\(word)"] = Self(name, size: 4)
      names[word] = Self(name, size: 2)
      names["\(word)l"] = Self(name, size: 1)
    }
    for number in 8...15 {
      guard let name = Name(rawValue: "r\(number)") else { continue }
      names["r\(number)"] = Self(name)
      names["r\(number)d"] = Self(name, size: 4)
      names["r\(number)w"] = Self(name, size: 2)
      names["r\(number)b"] = Self(name, size: 1)
    }
    return names
  }()
}

/// An argument that is not understood.
public struct ProbeArgumentError: Error, Hashable, CustomStringConvertible {
  public let text: String
  public var description: String { "'\(text)' is no argument of a probe that can be read here" }
}
