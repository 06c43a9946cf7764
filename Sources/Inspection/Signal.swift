// SPDX-License-Identifier: Apache-2.0

/// A signal, by its number.
public struct Signal: Hashable, Sendable, CustomStringConvertible {
  public var number: Int32
  public init(_ number: Int32) { self.number = number }

  /// The name ("SIGTERM", "SIGRTMIN+3"), or the bare number.
  public var name: String {
    if let name = Self.names[number] { return name }
    return (34...64).contains(number) ? number == 34 ? "SIGRTMIN" : "SIGRTMIN+\(number - 34)" : "\(number)"
  }
  public var description: String { name }

  private static let names: [Int32: String] = [
    1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE",
    9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 21: "SIGTTIN",
    22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF",
    28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
  ]
}
