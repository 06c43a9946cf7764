// SPDX-License-Identifier: Apache-2.0

/// What differs from one run of the same command to the next, and nothing else, replaced by a word.
public struct Normalization: Sendable {
  /// Text before, what characters follow, how many of them at least, and the word put there.
  struct Rule: Sendable {
    var prefix: String
    var isPart: @Sendable (UInt8) -> Bool
    var count: ClosedRange<Int>
    var word: String
  }

  var rules: [Rule]

  private static let isDigit: @Sendable (UInt8) -> Bool = { (0x30...0x39).contains($0) }
  private static let isLetterOrDigit: @Sendable (UInt8) -> Bool = {
    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
  }

  /// Numbers that the kernel gives out: of processes, threads, pipes, sockets, and the inode that is the only
  /// name of a file opened with O_TMPFILE.
  public static let kernelNumbers = Normalization(rules: [
    Rule(prefix: "/proc/", isPart: isDigit, count: 1...7, word: "PID"),
    Rule(prefix: "/task/", isPart: isDigit, count: 1...7, word: "TID"),
    Rule(prefix: "pipe:[", isPart: isDigit, count: 1...20, word: "N"),
    Rule(prefix: "socket:[", isPart: isDigit, count: 1...20, word: "N"),
    Rule(prefix: "/#", isPart: isDigit, count: 1...20, word: "INODE"),
  ])

  /// Besides, names that a program makes up: `length` random letters and digits after `prefix`.
  public func randomNames(after prefix: String, length: Int) -> Normalization {
    var result = self
    result.rules.append(
      Rule(prefix: prefix, isPart: Self.isLetterOrDigit, count: length...length, word: "RANDOM"))
    return result
  }

  public func callAsFunction(_ observations: Observations) -> Observations {
    var result: Observations = [:]
    for (observation, count) in observations {
      let normal = Observation(
        observation.kind, by: Bytes(apply(observation.actor.array)), apply(observation.text))
      result[normal, default: 0] += count
    }
    return result
  }

  func apply(_ text: String) -> String { String(decoding: apply(Array(text.utf8)), as: UTF8.self) }

  private func apply(_ bytes: [UInt8]) -> [UInt8] {
    rules.reduce(bytes) { bytes, rule in
      let prefix = Array(rule.prefix.utf8)
      var result: [UInt8] = []
      var position = 0
      while position < bytes.count {
        guard bytes[position] == prefix[0], bytes[position...].starts(with: prefix) else {
          result.append(bytes[position])
          position += 1
          continue
        }
        result += prefix
        position += prefix.count
        let part = bytes[position...].prefix(while: rule.isPart)
        if rule.count.contains(part.count) {
          result += rule.word.utf8
          position += part.count
        }
      }
      return result
    }
  }
}
