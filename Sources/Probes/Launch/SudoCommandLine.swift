// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// What stands on a command line of sudo: the variables it was told to set, and the command.
///
/// Read as sudo itself does (getopt_long without permutation, variables among the options; sudo(8)).
public struct SudoCommandLine: Hashable, Sendable {
  /// `NAME=value`, in their order.
  public var variables: [ByteString] = []
  /// The command and its arguments; empty for `sudo -s`.
  public var command: [ByteString] = []

  /// Takes sudo's own argument vector, its name first.
  public init(arguments: [ByteString]) {
    let words = arguments.map(\.bytes)
    var next = 1
    while next < words.count {
      let word = words[next]
      if word == Self.endOfOptions {
        next += 1
        break
      }
      if word.first == UInt8(ascii: "-"), word.count > 1 {
        next += 1
        let takesNext = Self.takesNextWord(option: word)
        if takesNext == .always
          || takesNext == .host && next < words.count && words[next].first != UInt8(ascii: "-")
            && !Self.isVariable(words[next])
        {
          next += 1
        }
      } else if Self.isVariable(word), words[next - 1] != Self.endOfOptions {
        variables.append(ByteString(word))
        next += 1
      } else {
        break
      }
    }
    command = words.dropFirst(next).map { ByteString($0) }
  }

  /// Takes doas's own argument vector (doas(1): `-Lns`, and `-a`, `-C` and `-u` with a word). It sets no variables.
  public init(doas arguments: [ByteString]) {
    var words = arguments.dropFirst()
    while let word = words.first?.bytes, word.first == UInt8(ascii: "-"), word.count > 1 {
      words.removeFirst()
      if word == Self.endOfOptions { break }
      let taker = word.firstIndex { "aCu".utf8.contains($0) }
      if taker == word.count - 1 { words = words.dropFirst() }
    }
    command = Array(words)
  }

  private static let endOfOptions = Array("--".utf8)

  /// Whether sudo takes a word for a variable and not for the command.
  private static func isVariable(_ word: [UInt8]) -> Bool {
    guard let first = word.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "=") else { return false }
    return word.contains(UInt8(ascii: "="))
  }

  private enum NextWord { case never, always, host }

  private static func takesNextWord(option: [UInt8]) -> NextWord {
    if option.starts(with: endOfOptions) {
      guard !option.contains(UInt8(ascii: "=")) else { return .never }
      let name = String(decoding: option.dropFirst(2), as: UTF8.self)
      return longTakesArgument(name) ? .always : .never
    }
    // A cluster: the first letter that takes an argument takes the rest of the word, or the next word.
    for (index, letter) in option.enumerated().dropFirst() {
      let isLast = index == option.count - 1
      if letter == UInt8(ascii: "h") {
        // An optional argument, of which only a bare `-h` looks at the next word.
        return option.count == 2 ? .host : .never
      }
      if lettersWithArgument.contains(letter) { return isLast ? .always : .never }
    }
    return .never
  }

  private static let lettersWithArgument = Set("aCcDgpRrTtUu".utf8)

  /// Names may be shortened as long as they are unambiguous.
  private static func longTakesArgument(_ name: String) -> Bool {
    if let exact = longOptions[name] { return exact }
    let matches = longOptions.filter { $0.key.hasPrefix(name) }
    return !matches.isEmpty && matches.values.allSatisfy { $0 }
  }

  /// Whether it takes an argument as a word of its own. (`--preserve-env=LIST` takes one only behind `=`.)
  private static let longOptions: [String: Bool] = [
    "askpass": false, "auth-type": true, "background": false, "bell": false, "chdir": true, "chroot": true,
    "close-from": true, "command-timeout": true, "edit": false, "group": true, "help": false, "host": true,
    "list": false, "login": false, "login-class": true, "no-update": false, "non-interactive": false,
    "other-user": true, "preserve-env": false, "preserve-groups": false, "prompt": true,
    "remove-timestamp": false, "reset-timestamp": false, "role": true, "set-home": false, "shell": false,
    "stdin": false, "type": true, "user": true, "validate": false, "version": false,
  ]
}
