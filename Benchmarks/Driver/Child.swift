// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// How a child ended, and what the kernel charged to it and to the children it waited for.
struct Ending {
  let status: Int32
  let cpuNanoseconds: Int
  let peakResidentKiB: Int

  var succeeded: Bool { status == 0 }

  var sentence: String {
    status & 0x7f == 0 ? "exit code \((status >> 8) & 0xff)" : "signal \(status & 0x7f)"
  }
}

/// A process started by this program. One that is dropped without `wait` is killed, by its own pid.
struct Child: ~Copyable {
  let pid: pid_t
  /// Just before the process was asked for, CLOCK_MONOTONIC in nanoseconds.
  let started: Int
  private var input: FileDescriptor?
  private var isOver = false

  /// Starts `arguments`, whose first element is the path of the program.
  ///
  /// Its standard input is a pipe that `openGate` and `closeInput` work on; the descriptors given become
  /// its standard output and error (without them, this program's); `preload` is a library for LD_PRELOAD.
  init(
    _ arguments: [String], output: FileDescriptor? = nil, error: FileDescriptor? = nil,
    preload: String? = nil
  ) throws {
    // Neither end may leak into another child: a pipe whose write end is open elsewhere never ends.
    let pipe = try FileDescriptor.pipe()
    for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    defer { try? pipe.readEnd.close() }

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, pipe.readEnd.rawValue, 0)
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1) }
    if let error { unsafe posix_spawn_file_actions_adddup2(&actions, error.rawValue, 2) }

    // This program waits for signals with sigtimedwait and so keeps them blocked; its children must not.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

    var vector: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
    unsafe vector.append(nil)
    defer { unsafe vector.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    if let preload { unsafe setenv("LD_PRELOAD", preload, 1) }
    defer { if preload != nil { unsafe unsetenv("LD_PRELOAD") } }
    let started = Clock.monotonic()
    let code = unsafe posix_spawn(&pid, arguments[0], &actions, &attributes, vector, environ)
    guard code == 0 else {
      try? pipe.writeEnd.close()
      throw Failure("\(arguments[0]) could not be started: \(Errno(rawValue: code))")
    }
    self.pid = pid
    self.started = started
    self.input = pipe.writeEnd
  }

  /// Writes one byte to its standard input: the gate of a storm opens.
  func openGate() throws {
    guard let input else { return }
    do { try input.writeAll([UInt8(ascii: "\n")]) } catch {
      throw Failure("process \(pid) ended before its gate was opened")
    }
  }

  mutating func closeInput() {
    try? input?.close()
    input = nil
  }

  func signal(_ number: Int32) { kill(pid, number) }

  /// Waits until it ends, for at most `limit` seconds; past them it is killed and the wait has failed.
  consuming func wait(limit: Int = 900) throws -> Ending {
    let end = Clock.monotonic() + limit * 1_000_000_000
    while true {
      if let ending = Self.reap(pid, WNOHANG) {
        isOver = true
        return ending
      }
      guard Clock.monotonic() < end else {
        throw Failure("process \(pid) did not end within \(limit) seconds and was killed")
      }
      try Signals.sleep(milliseconds: 1000)
    }
  }

  deinit {
    if !isOver {
      kill(pid, SIGKILL)
      _ = Self.reap(pid, 0)
    }
    try? input?.close()
  }

  private static func reap(_ pid: pid_t, _ flags: Int32) -> Ending? {
    var status: Int32 = 0
    var usage = rusage()
    var result = unsafe wait4(pid, &status, flags, &usage)
    while result < 0 && errno == EINTR { result = unsafe wait4(pid, &status, flags, &usage) }
    guard result == pid else { return nil }
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Ending(
      status: status, cpuNanoseconds: seconds * 1_000_000_000 + microseconds * 1_000,
      peakResidentKiB: usage.ru_maxrss)
  }
}

enum Clock {
  /// CLOCK_MONOTONIC in nanoseconds: the clock that the storms print too.
  static func monotonic() -> Int {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec
  }
}

/// The signals this program waits for rather than being interrupted by.
enum Signals {
  private static func set() -> sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGCHLD, SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
    return set
  }

  static func block() {
    var set = set()
    unsafe sigprocmask(SIG_BLOCK, &set, nil)
  }

  /// Sleeps until a child has ended or the time is over.
  static func sleep(milliseconds: Int) throws(Interrupted) {
    var set = set()
    var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
    let number = unsafe sigtimedwait(&set, nil, &limit)
    if number == SIGINT || number == SIGTERM || number == SIGHUP { throw Interrupted() }
  }
}
