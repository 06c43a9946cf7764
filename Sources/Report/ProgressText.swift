// SPDX-License-Identifier: Apache-2.0

/// The line that tells how far an inspection has come: "12.0 s: 3 processes, 1 204 events".
public enum ProgressText {
  /// - Parameters:
  ///   - elapsed: nanoseconds.
  ///   - width: columns that it may have.
  public static func line(
    elapsed: UInt64, processes: Int, events: UInt64, lost: UInt64, width: Int
  ) -> String {
    let second: UInt64 = 1_000_000_000
    let seconds = elapsed / second
    let time = seconds < 60 ? "\(seconds) s" : Words.duration(seconds * second)
    var text =
      time + ": " + Words.count(processes, "process", "processes") + ", " + Words.count(events, "event")
    if lost > 0 { text += ", \(Words.count(lost)) lost" }
    return String(text.prefix(max(0, width)))
  }
}
