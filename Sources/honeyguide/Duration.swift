// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// A length of time, as sleep(1) and timeout(1) have it, and with milliseconds: 10, 0.5, 1.5s, 500ms, 2m, 1h, 1d.
struct Duration {
  let nanoseconds: UInt64

  /// Throws `ValidationError`, with the reason as a sentence.
  init(parsing word: String) throws {
    let units: [(String, UInt64)] = [
      ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
      ("d", 86_400_000_000_000),
    ]
    let unit = units.first { word.hasSuffix($0.0) }
    let number = word.dropLast(unit?.0.utf8.count ?? 0)
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = parts.count == 2 ? parts[1] : ""
    guard number.utf8.contains(where: Self.isDigit), parts[0].utf8.allSatisfy(Self.isDigit),
      fraction.utf8.allSatisfy(Self.isDigit)
    else {
      throw ValidationError(
        "A time is a number of seconds, or one with ms, s, m, h or d, as in: 10, 0.5, 1.5s, 500ms, 2m")
    }
    guard let whole = parts[0].isEmpty ? 0 : UInt64(parts[0]),
      let length = Self.nanoseconds(whole, fraction, of: unit?.1 ?? 1_000_000_000)
    else { throw ValidationError("The longest time is 53375 days.") }
    guard length > 0 else { throw ValidationError("The time must be longer than 0.") }
    nanoseconds = length
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Rounded up, as sleep(1) does; nil where it is longer than a clock of 64 bits can count.
  private static func nanoseconds(_ whole: UInt64, _ fraction: Substring, of unit: UInt64) -> UInt64? {
    var (part, scale): (UInt128, UInt128) = (0, 1)
    // What is behind is less than a nanosecond, whatever the unit.
    for digit in fraction.utf8.prefix(18) {
      part = part * 10 + UInt128(digit - UInt8(ascii: "0"))
      scale *= 10
    }
    let sum = UInt128(whole) * UInt128(unit) + (part * UInt128(unit) + scale - 1) / scale
    return sum <= UInt128(Int64.max) / 2 ? UInt64(sum) : nil
  }
}
