// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// A command that runs, as our child.
public struct RunningCommand: ~Copyable {
  public let pid: Int32
  private let process: Descriptor

  init(pid: Int32, process: consuming Descriptor) {
    self.pid = pid
    self.process = process
  }

  /// Readable when it has ended (pidfd_open(2)); close-on-exec.
  public var pidfd: Int32 { process.number }

  /// What happened to a child.
  enum Change: Equatable {
    case ended(Exit.Status)
    case stopped(Int32)
    case continued
    /// It is no child of ours any more, and nobody can say how it ended.
    case gone
  }

  /// The next change that has not been seen; nil when there is none (waitid(2)).
  func nextChange(waits: Bool = false) -> Change? {
    let options = WEXITED | WSTOPPED | WCONTINUED | (waits ? 0 : WNOHANG)
    while true {
      var info = unsafe siginfo_t()
      if unsafe waitid(P_PIDFD, UInt32(pidfd), &info, options) == 0 {
        return unsafe info.si_signo == 0 ? nil : Change(code: info.si_code, info._sifields._sigchld.si_status)
      }
      if errno != EINTR { return .gone }
    }
  }

  /// Sends a signal. It cannot hit another process: this one is ours until it is reaped.
  func send(_ signal: Int32) { kill(pid, signal) }

  /// Its process group may be its own: an interactive shell makes one.
  var group: Int32 { getpgid(pid) }
}

extension RunningCommand.Change {
  /// Takes si_code and si_status of a SIGCHLD.
  fileprivate init(code: Int32, _ status: Int32) {
    switch Int(code) {
    case CLD_EXITED: self = .ended(.code(status))
    case CLD_KILLED: self = .ended(.signal(status, coreDumped: false))
    case CLD_DUMPED: self = .ended(.signal(status, coreDumped: true))
    case CLD_CONTINUED: self = .continued
    default: self = .stopped(status)
    }
  }
}
