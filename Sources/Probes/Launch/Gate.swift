// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc

/// Our side of a child that waits at its gate: the pipe that opens it, the pipe it reports through.
///
/// Dropped unopened, it closes, and the child ends without running anything and is reaped here.
struct Gate: ~Copyable {
  let pid: Int32
  private let opener: Int32
  private let report: Int32

  init(pid: Int32, opener: consuming Descriptor, report: consuming Descriptor) {
    self.pid = pid
    self.opener = opener.release()
    self.report = report.release()
  }

  deinit {
    close(opener)
    close(report)
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
  }

  /// Waits for the child's next word; nil when it has become its program, or is gone.
  func nextReport() -> hg_report? {
    var message = hg_report()
    let size = MemoryLayout<hg_report>.size
    while true {
      let count = unsafe read(report, &message, size)
      if count < 0 && errno == EINTR { continue }
      return count == size ? message : nil
    }
  }

  /// Between its last line and execve the child acts upon signals again. A Ctrl-Z from before would stop it there,
  /// with nobody to continue it, as we wait for its report: such a stop is taken back.
  private func continueUntilReport() {
    var watched = pollfd(fd: report, events: Int16(POLLIN), revents: 0)
    while unsafe poll(&watched, 1, 20) <= 0 {
      var info = unsafe siginfo_t()
      if unsafe waitid(P_PID, UInt32(pid), &info, WSTOPPED | WNOHANG) == 0, unsafe info.si_signo != 0 {
        kill(pid, SIGCONT)
      }
    }
  }

  /// Lets the child become its program. Gives its report when it could not: then it has been reaped.
  consuming func open() -> hg_report? {
    var byte: UInt8 = 1
    while unsafe write(opener, &byte, 1) < 0 && errno == EINTR {}
    continueUntilReport()
    if let failure = nextReport() {
      _ = consume self
      return failure
    }
    close(opener)
    close(report)
    discard self
    return nil
  }
}
