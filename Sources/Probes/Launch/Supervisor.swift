// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
public import Inspection

/// Honeyguide's main thread while a command runs: it waits for the command's end and for what is said to
/// Honeyguide meanwhile, passes on what is meant for the command, and stops when the command stops.
///
///     var supervisor = Supervisor(command, signals: signals, wakeUp: wakeUp)
///     while true {
///       switch supervisor.next() {
///       case .commandEnded(let status): ...
///       case .pageRequested: ...
///       case .wokenUp: ...
///       case .terminated: ...
///       }
///     }
public struct Supervisor: ~Copyable {
  public enum Event: Hashable, Sendable {
    /// The command itself has ended; descendants may go on. Comes once.
    case commandEnded(Exit.Status)
    /// SIGUSR1: the page so far is wanted.
    case pageRequested
    /// Another thread has called `WakeUp.signal`.
    case wokenUp
    /// Honeyguide is to end now: a second SIGTERM while the command runs, which it goes on doing, or the first
    /// when it has ended.
    case terminated
    /// The time given to `next` is over.
    case timedOut
  }

  public let signals: SignalGuard
  private let command: RunningCommand
  private let wakeUp: WakeUp
  private let processes = ProcFileSystem()
  private var hasEnded = false
  private var isStopped = false
  /// The command stopped while a group of its own owned the terminal, which it is to have again.
  private var ownedTerminal = false
  /// When the first SIGTERM came.
  private var terminationTime: UInt64?
  /// When to look whether the command was continued with us.
  private var continueTime: UInt64?

  /// `timeout` and service managers send SIGTERM to a process and to its group: within this time two are one.
  private static let sameTermination: UInt64 = 1_000_000_000
  /// What a shell needs at most to continue the second process of a group after the first.
  private static let continueGrace: UInt64 = 20_000_000

  public init(_ command: consuming RunningCommand, signals: consuming SignalGuard, wakeUp: WakeUp) {
    self.command = command
    self.signals = signals
    self.wakeUp = wakeUp
  }

  /// After the command's end: whoever waits on wants Ctrl-C to end the wait.
  public func waitOn() { signals.readKeyboard() }

  /// The command's process.
  public var pid: Int32 { command.pid }

  /// Waits for the next event; at most `timeout` nanoseconds, where one is given. After the command's end it
  /// goes on to give the others.
  public mutating func next(timeout: UInt64? = nil) -> Event {
    let deadline = timeout.map { now() + $0 }
    while true {
      if let event = lookAtCommand() ?? readSignals() { return event }
      if wakeUp.take() { return .wokenUp }
      let time = now()
      if let continueTime, time >= continueTime {
        self.continueTime = nil
        if isStopped { command.send(SIGCONT) }
        continue
      }
      if let deadline, time >= deadline { return .timedOut }
      wait(until: [deadline, continueTime].compactMap { $0 }.min(), from: time)
    }
  }

  private func wait(until deadline: UInt64?, from time: UInt64) {
    var watched = [
      pollfd(fd: signals.descriptor.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
      // poll leaves out negative numbers: the descriptor of a process that is gone is always readable.
      pollfd(fd: hasEnded ? -1 : command.pidfd, events: Int16(POLLIN), revents: 0),
    ]
    // Rounded up, so that a wait never ends just before its time.
    let milliseconds = deadline.map { $0 > time ? ($0 - time + 999_999) / 1_000_000 : 0 }
    unsafe _ = poll(&watched, 3, milliseconds.map { Int32(clamping: $0) } ?? -1)
  }

  private mutating func lookAtCommand() -> Event? {
    while !hasEnded, let change = command.nextChange() {
      switch change {
      case .ended(let status):
        hasEnded = true
        return .commandEnded(status)
      case .gone:
        hasEnded = true
        return .terminated
      case .stopped(let signal):
        isStopped = true
        stopToo(signal)
      case .continued:
        isStopped = false
        continueTime = nil
      }
    }
    return nil
  }

  private mutating func readSignals() -> Event? {
    while let arrival = signals.next() {
      switch arrival.signal {
      case SIGUSR1: return .pageRequested
      case SIGTERM where terminates(): return .terminated
      case SIGINT, SIGQUIT: return .terminated  // only read in a wait after the command's end
      case SIGTERM, SIGHUP, SIGUSR2: passOn(arrival)
      case SIGCONT: continueCommand()
      default: break  // SIGCHLD: it was looked at, and will be again. Stop signals: the command decides.
      }
    }
    return nil
  }

  private mutating func terminates() -> Bool {
    let time = now()
    guard let first = terminationTime else {
      terminationTime = time
      return hasEnded
    }
    return hasEnded || time - first >= Self.sameTermination
  }

  /// A signal that a process sent to Honeyguide is meant for the command. What the kernel sends for the terminal
  /// goes to all of the group, and what the command or a process below it sends to its own group has reached it.
  private func passOn(_ arrival: SignalGuard.Arrival) {
    guard !hasEnded, let sender = arrival.sender, !isBelowCommand(sender) else { return }
    command.send(arrival.signal)
  }

  private func isBelowCommand(_ process: Int32) -> Bool {
    var process = process
    while process > 1 {
      if process == command.pid { return true }
      guard process != getpid(), let parent = processes.status(of: process)?.parent else { return false }
      process = parent
    }
    return false
  }

  // MARK: Job control

  /// The command has stopped. The shell that waits in front of the terminal waits for Honeyguide: it has to stop
  /// as well, by the same signal, for the user to get the prompt back. Elsewhere nobody would continue it.
  private mutating func stopToo(_ signal: Int32) {
    guard let terminal = ControllingTerminal() else { return }
    let foreground = terminal.foregroundGroup
    ownedTerminal = foreground == command.group && foreground != getpgrp()
    switch signal {
    case SIGTSTP, SIGTTIN, SIGTTOU:
      var mask = SignalGuard.mask([signal])
      kill(getpid(), signal)
      unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
      unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
    case SIGSTOP where foreground == getpgrp() || ownedTerminal:
      kill(getpid(), SIGSTOP)
    default: break
    }
  }

  /// Honeyguide was continued. A command in our group was too, or will be in a moment. One in a group of its own
  /// (an interactive shell that was suspended) was not, and the terminal was given to our group instead of it.
  private mutating func continueCommand() {
    guard isStopped, !hasEnded else { return }
    let group = command.group
    guard group > 0 && group != getpgrp() else {
      continueTime = now() + Self.continueGrace
      return
    }
    if ownedTerminal, let terminal = ControllingTerminal(), terminal.foregroundGroup == getpgrp() {
      terminal.giveTo(group)
    }
    kill(-group, SIGCONT)
  }
}

/// The terminal of our session, if it has one.
private struct ControllingTerminal: ~Copyable {
  private let descriptor: Descriptor

  init?() {
    let number = unsafe open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard number >= 0 else { return nil }
    descriptor = Descriptor(number)
  }

  /// The group that reads from it; nothing else of the session may.
  var foregroundGroup: Int32 { tcgetpgrp(descriptor.number) }

  /// Allowed from the background, too, while SIGTTOU is blocked.
  func giveTo(_ group: Int32) { tcsetpgrp(descriptor.number, group) }
}

/// Nanoseconds of the monotonic clock.
private func now() -> UInt64 {
  var time = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
