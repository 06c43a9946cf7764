// SPDX-License-Identifier: Apache-2.0

/// Finds what is secret in one text: tokens by their shape, passwords in URLs, private keys, and what stands behind a
/// secret name and "=" or ":".
struct SecretText: ~Escapable {
  private let text: Span<UInt8>
  private(set) var found: [Range<Int>] = []
  /// A bracket was opened: its like ends a value.
  private var hasBracket = false
  /// So far there was nothing but names with "=": what follows is one value, to the end.
  private var isLeading = true
  /// How many characters may still be looked at for the sake of a token that begins there. A text in which very many seem to
  /// begin, each as long as all the rest, would take for ever.
  private var patience: Int

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) {
    self.text = text
    patience = 32 * text.count + 4096
    search()
  }

  /// Looks for nothing by itself.
  @_lifetime(copy text)
  init(scanning text: Span<UInt8>) {
    self.text = text
    patience = 0
  }

  @_lifetime(self: copy self)
  private mutating func search() {
    var at = 0
    while at < text.count {
      let byte = text[at]
      if byte == UInt8(ascii: "-"), let key = privateKey(at) {
        found.append(key)
        at = key.upperBound
      } else if Self.isOfName(byte) {
        at = run(at)
        continue
      } else if byte == UInt8(ascii: ":"), has("//", at: at + 1),
        let password = password(ofURL: at + 3)
      {
        found.append(password)
        at = password.upperBound
      } else {
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "(") { hasBracket = true }
        at += 1
      }
      isLeading = isLeading && byte == UInt8(ascii: "=")
    }
  }

  static func isOfName(_ byte: UInt8) -> Bool {
    Letters.isLetter(byte) || byte &- 48 < 10 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }

  /// Characters of names, from `start` on; gives where to go on.
  @_lifetime(self: copy self)
  private mutating func run(_ start: Int) -> Int {
    var end = start
    var isInWord = false
    while end < text.count, Self.isOfName(text[end]) {
      let byte = text[end]
      if byte == UInt8(ascii: "-"), let key = privateKey(end) {
        found.append(key)
        return key.upperBound
      }
      if !isInWord, let token = token(end) {
        found.append(token)
        isLeading = false
        return token.upperBound
      }
      isInWord = Letters.isLetter(byte) || byte &- 48 < 10
      end += 1
    }
    if has(Secrets.webhook, at: start) {
      let secret = start + Secrets.webhook.count..<self.end(from: start, where: Self.endsURL)
      if !secret.isEmpty { found.append(secret) }
      return secret.upperBound
    }
    if let value = value(of: start..<end) {
      found.append(value)
      return value.upperBound
    }
    if end >= text.count || text[end] != UInt8(ascii: "=") { isLeading = false }
    return end
  }

  // MARK: What stands behind a name

  private func value(of name: Range<Int>) -> Range<Int>? {
    var at = name.upperBound
    let before = name.lowerBound > 0 ? text[name.lowerBound - 1] : 0
    // The end of a quoted or bracketed name: "password": …, user[password]=…
    var isQuoted = false
    while at < text.count,
      Self.isQuote(text[at]) || text[at] == UInt8(ascii: "\\") || text[at] == UInt8(ascii: "]"),
      at < name.upperBound + 2
    {
      isQuoted = true
      at += 1
    }
    // An assignment may have blanks round its sign: password = hunter2
    let equals = blanks(at)
    let isSpaced = !isQuoted && equals > at && equals < text.count && text[equals] == UInt8(ascii: "=")
    if isQuoted || isSpaced { at = equals }
    guard at < text.count, text[at] == UInt8(ascii: "=") || text[at] == UInt8(ascii: ":") else { return nil }
    let isColon = text[at] == UInt8(ascii: ":")
    let words = NameWords(text.extracting(name))
    let isHeader = !words.isSecret && Secrets.headers.contains { hasSuffix($0, of: name) }
    guard words.isSecret || isHeader else { return nil }
    if isColon, !isQuoted, !beginsItem(name.lowerBound) { return nil }
    at += 1
    while at < text.count, text[at] == UInt8(ascii: "=") { at += 1 }
    // A place, not a value: token:/run/token, Token::new
    if isColon, at < text.count, text[at] == UInt8(ascii: "/") || text[at] == UInt8(ascii: ":") { return nil }
    if isColon || isQuoted || isSpaced { at = blanks(at) }
    if isHeader { at = behindScheme(at) }
    var end: Int
    if isLeading, !isQuoted {
      end = text.count
    } else if Self.isQuote(before), !isQuoted {
      end = closing(before, from: at)
    } else {
      end = isHeader ? self.end(from: at) { $0 == 10 || Self.isQuote($0) } : endOfWord(at)
    }
    end = min(end, text.count)
    guard at < end, !isMask(at..<end) else { return nil }
    if let reference = words.reference, reference.fits(text.extracting(at..<end)) { return nil }
    return at..<end
  }

  /// Whether an item of a list, a header or a line begins there.
  private func beginsItem(_ start: Int) -> Bool {
    var at = start
    while at > 0, text[at - 1] == UInt8(ascii: " ") || text[at - 1] == 9 { at -= 1 }
    guard at > 0 else { return true }
    let byte = text[at - 1]
    return byte == 10 || byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",")
      || at == start && (Self.isQuote(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "&"))
  }

  /// `Bearer` and its like say how the secret is meant, and are none.
  private func behindScheme(_ start: Int) -> Int {
    let end = self.end(from: start) { $0 == UInt8(ascii: " ") }
    let isScheme = Secrets.schemes.contains { hasPrefix($0, in: start..<end) && $0.count == end - start }
    return isScheme ? blanks(end) : start
  }

  /// The end of a value that others may follow.
  private func endOfWord(_ start: Int) -> Int {
    var at = start
    while at < text.count {
      let byte = text[at]
      switch byte {
      case UInt8(ascii: "\\"):
        // JSON inside a string of JSON.
        if at + 1 < text.count, Self.isQuote(text[at + 1]) {
          var end = at + 2
          while end < text.count,
            !(text[end] == byte && end + 1 < text.count && text[end + 1] == text[at + 1])
          {
            end += 1
          }
          at = end
        }
        at += 2
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        // One that closes what was opened before the name.
        if at > start, !opens(at) { return at }
        at = closing(byte, from: at + 1) + 1
        continue
      case 9...13, UInt8(ascii: " "): return at
      case UInt8(ascii: "}"), UInt8(ascii: ")"): if hasBracket { return at }
      case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "&"): if pairFollows(at + 1) { return at }
      default: break
      }
      at += 1
    }
    return text.count
  }

  /// A quote in the middle of a word that is closed again.
  private func opens(_ at: Int) -> Bool { closing(text[at], from: at + 1) < text.count }

  /// Where that quote is closed; the end of the text where it is not.
  private func closing(_ quote: UInt8, from start: Int) -> Int {
    var at = start
    while at < text.count, text[at] != quote {
      at += text[at] == UInt8(ascii: "\\") && quote != UInt8(ascii: "'") ? 2 : 1
    }
    return min(at, text.count)
  }

  /// Whether a name with "=" or ":" begins there, or the text ends.
  private func pairFollows(_ start: Int) -> Bool {
    var at = blanks(start)
    if at >= text.count { return true }
    at = quotes(at)
    let name = at
    while at < text.count, Self.isOfName(text[at]) { at += 1 }
    at = blanks(quotes(at))
    return at > name && at < text.count && (text[at] == UInt8(ascii: "=") || text[at] == UInt8(ascii: ":"))
  }

  // MARK: Shapes

  /// Where it has taken too long, all the rest is secret.
  @_lifetime(self: copy self)
  private mutating func token(_ start: Int) -> Range<Int>? {
    if patience < 0 { return start..<text.count }
    for shape in Secrets.shapes where text[start] == shape.prefix[0] && has(shape.prefix, at: start) {
      let body = start + shape.prefix.count
      var end = body
      var hasDigit = false, hasCapital = false
      while end < text.count, isOf(shape.alphabet, text[end]) {
        hasDigit = hasDigit || text[end] &- 48 < 10
        hasCapital = hasCapital || text[end] &- 65 < 26
        end += 1
      }
      patience -= end - start
      if end - body >= shape.least, !shape.isMixed || hasDigit && hasCapital { return start..<end }
    }
    return webToken(start)
  }

  private func isOf(_ alphabet: Secrets.Shape.Alphabet, _ byte: UInt8) -> Bool {
    if Letters.isLetter(byte) || byte &- 48 < 10 { return true }
    if alphabet == .letters { return false }
    return byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      || alphabet == .dotted && byte == UInt8(ascii: ".")
  }

  @_lifetime(self: copy self)
  private mutating func webToken(_ start: Int) -> Range<Int>? {
    guard has(Secrets.webToken, at: start) else { return nil }
    var end = start
    var dots: [Int] = []
    while end < text.count, isOf(.dotted, text[end]) {
      if text[end] == UInt8(ascii: ".") { dots.append(end) }
      end += 1
    }
    patience -= end - start
    guard let first = dots.first, first - start >= 10, dots.count >= 2, has(Secrets.webToken, at: first + 1)
    else {
      return nil
    }
    return start..<end
  }

  /// From its first line to its last, or to the end of the text.
  private func privateKey(_ start: Int) -> Range<Int>? {
    guard has(Secrets.keyBegin, at: start) else { return nil }
    let label = start + Secrets.keyBegin.count
    let line = end(from: label) { $0 == UInt8(ascii: "-") || $0 == 10 }
    guard (label..<line).contains(where: { has(Secrets.privateKey, at: $0) }) else { return nil }
    var at = line
    while at < text.count {
      if has(Secrets.keyEnd, at: at) {
        let label = end(from: at + Secrets.keyEnd.count) { $0 == UInt8(ascii: "-") || $0 == 10 }
        return start..<end(from: label) { $0 != UInt8(ascii: "-") }
      }
      at += 1
    }
    return start..<text.count
  }

  /// The password of `user:password@host`, where that begins at `start`.
  func password(ofURL start: Int) -> Range<Int>? {
    var colon: Int?, sign: Int?
    var at = start
    while at < text.count, !Self.endsURL(text[at]), text[at] != UInt8(ascii: "/"),
      text[at] != UInt8(ascii: "?"), text[at] != UInt8(ascii: "#")
    {
      if text[at] == UInt8(ascii: ":"), colon == nil, sign == nil { colon = at }
      if text[at] == UInt8(ascii: "@") { sign = at }
      at += 1
    }
    guard let colon, let sign, colon + 1 < sign, !isMask(colon + 1..<sign) else { return nil }
    return colon + 1..<sign
  }

  // MARK: Bytes

  private static func endsURL(_ byte: UInt8) -> Bool {
    byte <= UInt8(ascii: " ") || isQuote(byte) || byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">")
      || byte == UInt8(ascii: "\\")
  }

  static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

  static func isPath(_ text: Span<UInt8>) -> Bool {
    let first = text[0], second = text.count > 1 ? text[1] : 0
    return first == UInt8(ascii: "/") || first == UInt8(ascii: "~")
      || first == UInt8(ascii: ".") && (second == UInt8(ascii: "/") || second == UInt8(ascii: "."))
  }

  private func isMask(_ range: Range<Int>) -> Bool {
    range.count == Secrets.mask.count && has(Secrets.mask, at: range.lowerBound)
  }

  private func quotes(_ start: Int) -> Int {
    end(from: start) { !Self.isQuote($0) && $0 != UInt8(ascii: "\\") }
  }

  private func blanks(_ start: Int) -> Int {
    end(from: start) { $0 != UInt8(ascii: " ") && $0 != 9 }
  }

  private func end(from start: Int, where isEnd: (UInt8) -> Bool) -> Int {
    var at = start
    while at < text.count, !isEnd(text[at]) { at += 1 }
    return at
  }

  private func has(_ bytes: [UInt8], at start: Int) -> Bool {
    guard start >= 0, start + bytes.count <= text.count else { return false }
    for index in bytes.indices where text[start + index] != bytes[index] { return false }
    return true
  }

  private func has(_ bytes: StaticString, at start: Int) -> Bool {
    guard start + bytes.utf8CodeUnitCount <= text.count else { return false }
    for index in 0..<bytes.utf8CodeUnitCount where unsafe text[start + index] != bytes.utf8Start[index] {
      return false
    }
    return true
  }

  /// Without regard to case.
  private func hasPrefix(_ lower: [UInt8], in range: Range<Int>) -> Bool {
    guard range.count >= lower.count else { return false }
    for index in lower.indices where text[range.lowerBound + index] | 0x20 != lower[index] { return false }
    return true
  }

  private func hasSuffix(_ lower: [UInt8], of range: Range<Int>) -> Bool {
    range.count >= lower.count && hasPrefix(lower, in: range.upperBound - lower.count..<range.upperBound)
  }
}
