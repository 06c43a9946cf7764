// SPDX-License-Identifier: Apache-2.0
internal import CLaunch

/// What a tick of a table's clock is worth: pairs of the processor's counter and the boot clock, taken at the session's
/// start and when it is asked.
struct TableClock {
  struct Pair {
    var ticks: UInt64
    var nanoseconds: UInt64

    /// The best of some tries: between both readings the machine may do something else.
    static var now: Pair {
      var best = Pair(ticks: 0, nanoseconds: 0), shortest = UInt64.max
      for _ in 0..<8 {
        let before = hg_ticks(), time = Clock.boot(), after = hg_ticks()
        if after &- before < shortest {
          shortest = after &- before
          best = Pair(ticks: before &+ shortest / 2, nanoseconds: time)
        }
      }
      return best
    }
  }

  let start: Pair
  let end: Pair

  /// Nanoseconds, rounded down; the largest number where there is no room for more.
  func nanoseconds(_ ticks: UInt64) -> UInt64 {
    let elapsed = end.ticks &- start.ticks
    guard elapsed > 0, end.ticks > start.ticks, end.nanoseconds > start.nanoseconds else { return ticks }
    let product = ticks.multipliedFullWidth(by: end.nanoseconds - start.nanoseconds)
    guard product.high < elapsed else { return .max }
    return elapsed.dividingFullWidth(product).quotient
  }
}
