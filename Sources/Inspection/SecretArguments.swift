// SPDX-License-Identifier: Apache-2.0

extension Secrets {
  /// Masks what is secret in a command's arguments; gives the indexes of those that were changed, in order.
  ///
  /// Without anything that could be one, nothing is copied.
  public static func mask(_ argv: inout [ByteString]) -> [Int] {
    guard argv.contains(where: { argument in SecretTriggers.mayHold(argument.bytes.span) }) else { return [] }
    var command = SecretCommand()
    var masked: [Int] = []
    for (index, argument) in argv.enumerated() {
      let found = command.word(argument.bytes.span)
      if found.isEmpty { continue }
      argv[index] = replace(found, in: argument)
      masked.append(index)
    }
    return masked
  }

  /// A text without what is secret in it; nil: nothing is.
  public static func masked(_ text: ByteString) -> ByteString? {
    guard SecretTriggers.mayHold(text.bytes.span) else { return nil }
    let found = SecretText(text.bytes.span).found
    return found.isEmpty ? nil : replace(found, in: text)
  }

  /// The value of a variable, without what is secret in it; nil: nothing is.
  public static func masked(value: ByteString, of name: ByteString) -> ByteString? {
    let words = NameWords(name.bytes.span)
    if words.isSecret, !value.isEmpty, value.bytes != mask {
      if words.reference?.fits(value.bytes.span) != true { return ByteString(mask) }
    }
    if let text = masked(value) { return text }
    // A proxy may be named without https://
    if words.last == proxy, let password = SecretText(scanning: value.bytes.span).password(ofURL: 0) {
      return replace([password], in: value)
    }
    return nil
  }

  /// A path or URL without passwords; nil: there is none.
  static func masked(url: ByteString) -> ByteString? {
    var found: [Range<Int>] = []
    let text = SecretText(scanning: url.bytes.span)
    for index in url.bytes.indices.dropLast()
    where url.bytes[index] == UInt8(ascii: ":") && url.bytes[index + 1] == UInt8(ascii: "/") {
      let isDoubled = index + 2 < url.count && url.bytes[index + 2] == UInt8(ascii: "/")
      if let password = text.password(ofURL: index + (isDoubled ? 3 : 2)) { found.append(password) }
    }
    return found.isEmpty ? nil : replace(found, in: url)
  }

  private static let proxy = Letters("proxy")

  private static func replace(_ found: [Range<Int>], in text: ByteString) -> ByteString {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var at = 0
    for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound >= at {
      bytes += text.bytes[at..<range.lowerBound]
      bytes += mask
      at = range.upperBound
    }
    return ByteString(bytes + text.bytes[at...])
  }
}

/// The words of one command, from the first to the last: what an option says of the word after it.
private struct SecretCommand {
  private var options: [Secrets.Option] = []
  /// `login`, of programs whose options mean something else without it.
  private var commandWord: [UInt8] = []
  /// The next word is a secret.
  private var pending: Secrets.Form?
  /// The next word is text for a shell.
  private var awaitsText = false
  private var isRemote = false
  private var awaitsPair = false
  /// The last word, of a text, was a secret's name: "=" may follow, with blanks round it.
  private var isName = false
  private let depth: Int

  init(depth: Int = 0) { self.depth = depth }

  /// What of the next word is secret.
  mutating func word(_ word: Span<UInt8>) -> [Range<Int>] {
    if word.isEmpty {
      pending = nil
      return []
    }
    let wasName = isName
    isName = false
    if wasName, equal(word, "=") {
      pending = .whole
      return []
    }
    if let form = pending {
      pending = nil
      if form.isWhole, Self.isOption(word) {
        // An option that needed no value, after all.
      } else {
        let range = Self.secret(form, in: word, from: 0)
        if let range { return [range] }
        if form.isWhole { return [] }
      }
    }
    let isText = awaitsText && !Self.isSetting(word) || isRemote && Self.hasBlank(word)
    awaitsText = false
    if isText, depth < 4 { return shell(word) }
    if let attached = attached(word) { return [attached] }
    let found = SecretText(word).found
    note(word)
    return found
  }

  // MARK: What a word says of the next

  private mutating func note(_ word: Span<UInt8>) {
    if depth > 0, word.indices.allSatisfy({ SecretText.isOfName(word[$0]) }) {
      isName = NameWords(word).isSecret
    }
    guard word[0] == UInt8(ascii: "-") else { return noteName(word) }
    if word.count == 1 { return }
    let isLong = word[1] == UInt8(ascii: "-")
    if !isLong, word.count <= 5, word[word.count - 1] == UInt8(ascii: "c") {
      awaitsText = (1..<word.count).allSatisfy { Letters.isLetter(word[$0]) }
    }
    for option in options where option.isApart && equal(word, option.name) && fits(option) {
      pending = option.form
      return
    }
    for index in word.indices where !SecretText.isOfName(word[index]) { return }
    let name = NameWords(word)
    if name.isSecret, !name.isSwitch { pending = name.reference.map { .unless($0) } ?? .whole }
  }

  private mutating func noteName(_ word: Span<UInt8>) {
    var start = 0
    for index in word.indices where word[index] == UInt8(ascii: "/") { start = index + 1 }
    let isPair = awaitsPair
    awaitsPair = equal(word, "set") || equal(word, "config")
    if start < word.count, word.count - start <= 16 {
      let known = Secrets.programs[ByteString(word.extracting(start..<word.count))]
      if let known {
        options = known
        isRemote = known.isEmpty
        commandWord = []
        if let first = known.first, first.name.isEmpty { pending = first.form }
        return
      }
    }
    // `npm config set _authToken …`, `aws configure set aws_secret_access_key …`
    if isPair, NameWords(word).isSecret { pending = .whole }
    if !options.isEmpty, commandWord.isEmpty { commandWord = (0..<word.count).map { word[$0] } }
  }

  private func fits(_ option: Secrets.Option) -> Bool { option.command.map { $0 == commandWord } ?? true }

  /// The secret in the word of its own option: `-pPASSWORD`, `--user=name:PASSWORD`.
  private func attached(_ word: Span<UInt8>) -> Range<Int>? {
    guard word[0] == UInt8(ascii: "-") else { return nil }
    for option in options where option.name.count >= 2 && word.count > option.name.count && fits(option) {
      guard hasPrefix(word, option.name) else { continue }
      if option.name[1] == UInt8(ascii: "-") {
        guard word[option.name.count] == UInt8(ascii: "=") else { continue }
        return Self.secret(option.form, in: word, from: option.name.count + 1)
      }
      if option.isAttached { return Self.secret(option.form, in: word, from: option.name.count) }
    }
    return nil
  }

  private static func secret(_ form: Secrets.Form, in word: Span<UInt8>, from start: Int) -> Range<Int>? {
    var range = start..<word.count
    switch form {
    case .whole: break
    case .unless(let reference): if reference.fits(word) { return nil }
    case .after(let sign):
      guard let place = range.first(where: { word[$0] == sign }) else { return nil }
      range = place + 1..<word.count
    case .betweenSlashAndAt:
      guard let slash = range.first(where: { word[$0] == UInt8(ascii: "/") }) else { return nil }
      range = slash + 1..<(range.last { word[$0] == UInt8(ascii: "@") } ?? word.count)
    }
    if range.isEmpty || equal(word.extracting(range), "***") { return nil }
    return range
  }

  /// Whether a word is the next option rather than the value of the last: `--verbose`, `-v`. Secrets may begin with "-", too.
  private static func isOption(_ word: Span<UInt8>) -> Bool {
    guard word[0] == UInt8(ascii: "-"), word.count > 1 else { return false }
    if word.count == 2 { return true }
    return word[1] == UInt8(ascii: "-") && word[2] &- 97 < 26
  }

  /// `http.extraheader=Authorization: …`, as git's -c takes it; a variable of a shell has no dot in its name.
  private static func isSetting(_ word: Span<UInt8>) -> Bool {
    var hasDot = false
    for index in word.indices {
      if word[index] == UInt8(ascii: "=") { return hasDot }
      if !SecretText.isOfName(word[index]) { return false }
      hasDot = hasDot || word[index] == UInt8(ascii: ".")
    }
    return false
  }

  private static func hasBlank(_ word: Span<UInt8>) -> Bool {
    for index in word.indices where word[index] == UInt8(ascii: " ") { return true }
    return false
  }

  // MARK: Text for a shell

  /// Splits it into words and commands, as far as is needed to know what stands next to what.
  private func shell(_ text: Span<UInt8>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var command = SecretCommand(depth: depth + 1)
    var start: Int?
    var at = 0
    func end(_ end: Int) {
      guard let first = start else { return }
      start = nil
      var range = first..<end
      let quote = text[first]
      // A word that is one string, without its quotes.
      if range.count >= 2, SecretText.isQuote(quote), text[end - 1] == quote,
        !(first + 1..<end - 1).contains(where: { text[$0] == quote })
      {
        range = first + 1..<end - 1
      }
      found += command.word(text.extracting(range)).map {
        $0.lowerBound + range.lowerBound..<$0.upperBound + range.lowerBound
      }
    }
    while at < text.count {
      let byte = text[at]
      switch byte {
      case UInt8(ascii: " "), 9, UInt8(ascii: "<"), UInt8(ascii: ">"): end(at)
      case 10, UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "&"), UInt8(ascii: "("), UInt8(ascii: ")"),
        UInt8(ascii: "`"):
        end(at)
        command = SecretCommand(depth: depth + 1)
      case UInt8(ascii: "\\"):
        start = start ?? at
        at += 1
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        start = start ?? at
        at += 1
        while at < text.count, text[at] != byte {
          at += text[at] == UInt8(ascii: "\\") && byte == UInt8(ascii: "\"") ? 2 : 1
        }
      default: start = start ?? at
      }
      at += 1
    }
    end(text.count)
    return found
  }
}

extension Secrets.Form {
  fileprivate var isWhole: Bool {
    switch self {
    case .whole, .unless: true
    case .after, .betweenSlashAndAt: false
    }
  }
}

private func equal(_ word: Span<UInt8>, _ other: StaticString) -> Bool {
  guard word.count == other.utf8CodeUnitCount else { return false }
  for index in word.indices where unsafe word[index] != other.utf8Start[index] { return false }
  return true
}

private func equal(_ word: Span<UInt8>, _ other: [UInt8]) -> Bool {
  word.count == other.count && hasPrefix(word, other)
}

private func hasPrefix(_ word: Span<UInt8>, _ prefix: [UInt8]) -> Bool {
  guard word.count >= prefix.count else { return false }
  for index in prefix.indices where word[index] != prefix[index] { return false }
  return true
}

extension ByteString {
  fileprivate init(_ span: Span<UInt8>) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(span.count)
    for index in span.indices { bytes.append(span[index]) }
    self.init(bytes)
  }
}
