// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Numbers and outcomes as a person says them.
enum Words {
  /// "12 345"
  static func count(_ number: some BinaryInteger) -> String {
    let digits = String(number)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += " " }
      text.append(digit)
    }
    return text
  }

  /// "1 file", "12 345 files"
  static func count(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    count(number) + " " + (number == 1 ? one : many ?? one + "s")
  }

  /// Nanoseconds with three digits: "850 ns", "31.2 µs", "4.31 s", "2 min 05 s", "3 h 20 min".
  static func duration(_ nanoseconds: UInt64) -> String {
    switch nanoseconds {
    case 0..<1_000: return "\(nanoseconds) ns"
    case 0..<999_500: return decimal(nanoseconds, 1_000) + " µs"
    case 0..<999_500_000: return decimal(nanoseconds, 1_000_000) + " ms"
    case 0..<59_950_000_000: return decimal(nanoseconds, 1_000_000_000) + " s"
    default: break
    }
    let seconds = nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 >= 500_000_000 ? 1 : 0)
    if seconds < 3_600 { return "\(seconds / 60) min \(twoDigits(seconds % 60)) s" }
    return "\(count(seconds / 3_600)) h \(twoDigits(seconds / 60 % 60)) min"
  }

  /// "512 bytes", "1.20 kB", "34.5 MB": by thousands.
  static func bytes(_ number: UInt64) -> String {
    switch number {
    case 0..<1_000: count(number, "byte")
    case 0..<999_500: decimal(number, 1_000) + " kB"
    case 0..<999_500_000: decimal(number, 1_000_000) + " MB"
    default: decimal(number, 1_000_000_000) + " GB"
    }
  }

  private static func twoDigits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Three digits of `number / unit`, rounded half up.
  private static func decimal(_ number: UInt64, _ unit: UInt64) -> String {
    for (limit, places, scale) in [(10, 2, 100), (100, 1, 10)] as [(UInt64, Int, UInt64)] {
      // Beyond that the rounding would overflow, and there are more digits than three anyway.
      if number > .max / 1_000 { break }
      let scaled = (number * scale + unit / 2) / unit
      if scaled < limit * scale {
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: places - fraction.count) + fraction
      }
    }
    return "\(number / unit + (number % unit >= unit / 2 ? 1 : 0))"
  }

  static func error(_ error: ErrorNumber) -> String {
    switch error.number {
    case 1: "not permitted"
    case 2: "not there"
    case 8: "not executable (ENOEXEC)"
    case 13: "permission denied"
    case 17: "exists already"
    case 18: "another file system"
    case 20: "not a directory"
    case 21: "is a directory"
    case 28: "disk full"
    case 30: "read-only file system"
    case 39: "not empty"
    case 40: "too many symbolic links"
    case 98: "address in use"
    case 99: "no such address here"
    case 101: "network unreachable"
    case 103: "aborted"
    case 104: "reset"
    case 110: "timed out"
    case 111: "refused"
    case 113: "no route to host"
    default: error.name
    }
  }

  /// "exited 0", "was killed by SIGTERM"
  static func ended(_ status: Exit.Status) -> String {
    switch status {
    case .code(let code): "exited \(code)"
    case .signal(let number, let dumped):
      "was killed by \(Signal(number).name)" + (dumped ? " and dumped core" : "")
    }
  }

  /// "exit 1", "SIGTERM"; nothing for success.
  static func trouble(_ status: Exit.Status) -> String? {
    switch status {
    case .code(0): nil
    case .code(let code): "exit \(code)"
    case .signal(let number, let dumped): Signal(number).name + (dumped ? ", core dumped" : "")
    }
  }
}
