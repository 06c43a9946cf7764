// SPDX-License-Identifier: Apache-2.0

/// Tells quickly of most texts that nothing in them can be secret: four characters in a row, without regard to case,
/// that are part of every name, token or program that the rules know.
enum SecretTriggers {
  /// Made from the rules.
  private static let exact: Set<UInt32> = {
    var triggers = Set(
      [
        "toke", "secr", "pass", "cred", "ikey", "_key", "-key", ".key", "skey", "ekey", "tkey", "_pwd",
        "_aut",
        "-aut", "auth", "cook", "hook", "eyja", "----",
      ].map { code(Array($0.utf8)) })
    // Behind eyJ comes what the first letter of a JSON object's first name, or a blank, makes of it.
    for byte in UInt8(ascii: "0")...UInt8(ascii: "z") { triggers.insert(code(Array("eyj".utf8) + [byte])) }
    for shape in Secrets.shapes {
      if shape.prefix.count >= 4 {
        triggers.insert(code(Array(shape.prefix.prefix(4))))
      } else {
        for byte in UInt8(ascii: "-")...UInt8(ascii: "z") { triggers.insert(code(shape.prefix + [byte])) }
      }
    }
    for name in Secrets.programs.keys.map(\.bytes) {
      if name.count >= 4 {
        triggers.insert(code(Array(name.prefix(4))))
      } else {
        // All of the word, or behind a slash or a blank: the window begins with zeros.
        let before: [[UInt8]] = [[], Array("/".utf8), Array(" ".utf8), Array("n/".utf8), Array("l/".utf8)]
        for before in before { triggers.insert(code((before + name).suffix(4))) }
      }
    }
    return triggers
  }()

  /// A bit for each of 2^15 hashes: most windows end here.
  private static let filter: [UInt64] = {
    var filter = [UInt64](repeating: 0, count: 512)
    for trigger in exact {
      let hash = hash(trigger)
      filter[Int(hash >> 6)] |= 1 << UInt64(hash & 63)
    }
    return filter
  }()

  static func mayHold(_ text: Span<UInt8>) -> Bool {
    let filter = filter.span
    var window: UInt32 = 0
    for index in text.indices {
      let byte = text[index]
      if byte == UInt8(ascii: "@") { return true }
      window = window << 8 | UInt32(lower(byte))
      let hash = hash(window)
      if filter[Int(hash >> 6)] & 1 << UInt64(hash & 63) != 0, exact.contains(window) { return true }
    }
    return false
  }

  private static func hash(_ window: UInt32) -> UInt32 { (window &* 0x9e37_79b1) >> 17 }

  private static func lower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

  private static func code(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32(lower($1)) }
  }
}
