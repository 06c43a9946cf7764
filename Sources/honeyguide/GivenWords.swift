// SPDX-License-Identifier: Apache-2.0

/// The words that Honeyguide was given, without those of a command that the parser need not see: its time grows with
/// the square of their number, and a shell's `*` gives tens of thousands.
struct GivenWords {
  /// For the parser.
  let parsed: [String]
  /// The words of the command that follow those the parser sees.
  let heldBack: [String]

  static let ofThisProcess = GivenWords(CommandLine.arguments.dropFirst())

  /// - Parameter words: without Honeyguide's own name.
  init(_ words: ArraySlice<String>) {
    let end = words.first == "run" ? Self.endOfOptions(words.dropFirst()) : words.endIndex
    parsed = Array(words[..<end])
    heldBack = Array(words[end...])
  }

  /// Where options have ended for certain: at `--`, or behind two words neither of which is an option, since no option
  /// takes more than one word, so that at least the second is the command's.
  private static func endOfOptions(_ words: ArraySlice<String>) -> Int {
    var wasOption = true
    for index in words.indices {
      if words[index] == "--" { return index }
      let isOption = words[index].hasPrefix("-")
      if !isOption, !wasOption { return index + 1 }
      wasOption = isOption
    }
    return words.endIndex
  }
}
