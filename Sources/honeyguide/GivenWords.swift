// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Probes

/// The words that Honeyguide was given, without those of a command that the parser need not see: its time grows with
/// the square of their number, and a shell's `*` gives tens of thousands.
struct GivenWords {
  /// For the parser.
  let parsed: [String]
  /// The words of the command that follow those the parser sees.
  let heldBack: [String]

  static let ofThisProcess = GivenWords(RawArguments.all.dropFirst().map(\.text)[...])

  /// - Parameter words: without Honeyguide's own name.
  init(_ words: ArraySlice<String>) {
    let end = words.first == "run" ? Self.endOfOptions(words.dropFirst()) : words.endIndex
    parsed = Array(words[..<end])
    heldBack = Array(words[end...])
  }

  /// Where options have ended for certain: at `--`, or behind the first word that is neither an option nor an option's value,
  /// which is the command's.
  private static func endOfOptions(_ words: ArraySlice<String>) -> Int {
    var isValue = false
    for index in words.indices {
      if words[index] == "--" { return index }
      if isValue {
        isValue = false
      } else if words[index].hasPrefix("-") {
        isValue = withValue.contains(words[index])
      } else {
        return index + 1
      }
    }
    return words.endIndex
  }

  /// The options of `run` that the word behind them belongs to.
  private static let withValue: Set<String> = [
    "--page", "--json", "--duration", "--top", "--sort", "--ring-size", "--buffer", "--user", "--python",
    "--only", "--path",
    "--exe", "--comm", "--uid",
  ]
}
