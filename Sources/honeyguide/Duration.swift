// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// A length of time, as sleep(1) and timeout(1) have it: 10, 10s, 500ms, 2m, 1h.
struct Duration: ExpressibleByArgument {
  let nanoseconds: UInt64

  init?(argument: String) {
    let units: [(String, UInt64)] = [
      ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]
    let unit = units.first { argument.hasSuffix($0.0) }
    let digits = argument.dropLast(unit?.0.utf8.count ?? 0)
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = UInt64(digits), number > 0
    else { return nil }
    let (product, isTooMuch) = number.multipliedReportingOverflow(by: unit?.1 ?? 1_000_000_000)
    // As long as a clock of 64 bits can count.
    guard !isTooMuch, product <= UInt64(Int64.max) / 2 else { return nil }
    nanoseconds = product
  }
}
