// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc

/// The clocks of events and of people.
public enum Clock {
  /// Nanoseconds since boot, suspended time included: the clock of every event, which is the machine's own, also
  /// where Honeyguide was started in a time namespace.
  public static func boot() -> UInt64 {
    UInt64(clamping: nanoseconds(CLOCK_BOOTTIME) - namespaceOffset)
  }

  /// What to add to an event's time for nanoseconds since 1970.
  static func bootTime() -> UInt64 { UInt64(clamping: nanoseconds(CLOCK_REALTIME)) - boot() }

  private static func nanoseconds(_ clock: Int32) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// What the namespace adds to the machine's clock.
  private static let namespaceOffset: Int64 = {
    let text = ProcFileSystem().timeOffsets
    return offset(of: "boottime", in: String(decoding: text ?? [], as: UTF8.self))
  }()

  /// A line of /proc/PID/timens_offsets: the clock's name, seconds, nanoseconds. Where it is missing: 0.
  static func offset(of clock: String, in text: String) -> Int64 {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, words[0] == clock, let seconds = Int64(words[1]), let rest = Int64(words[2]) {
        return seconds &* 1_000_000_000 &+ rest
      }
    }
    return 0
  }
}
