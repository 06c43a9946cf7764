// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CLaunch
internal import Glibc

/// Honeyguide's main thread while it is attached: it waits for the end, and for what is said to Honeyguide meanwhile.
struct Watch: ~Copyable {
  private let signals: SignalGuard
  let allEnded: WakeUp
  let arrival: WakeUp
  /// Nothing is left that could be told to anybody.
  let allFailed: WakeUp

  init(_ signals: consuming SignalGuard, allEnded: WakeUp, arrival: WakeUp, allFailed: WakeUp) {
    signals.readKeyboard()
    self.signals = signals
    self.allEnded = allEnded
    self.arrival = arrival
    self.allFailed = allFailed
  }

  /// Waits for the end; gives whether it was that the time is over.
  ///
  /// - Parameters:
  ///   - duration: nanoseconds; nil: without a bound.
  ///   - isOver: whether it is the end that nobody who was followed is alive; asked again while nobody is.
  func untilTheEnd(
    of duration: UInt64?, onPageRequest: () -> Void, onArrival: () -> Void, isOver: () -> Bool
  ) -> Bool {
    let deadline = duration.map { Clock.boot() &+ $0 }
    while true {
      while let arrived = signals.next() {
        switch arrived.signal {
        case SIGUSR1: onPageRequest()
        case SIGINT, SIGTERM, SIGQUIT, SIGHUP: return false
        case SIGTSTP, SIGTTIN, SIGTTOU: Self.stop(arrived.signal)
        default: break
        }
      }
      if arrival.take() { onArrival() }
      if allFailed.take() { return false }
      if allEnded.take(), isOver() { return false }
      let now = Clock.boot()
      if let deadline, now >= deadline { return true }
      wait(until: deadline, from: now)
    }
  }

  private func wait(until deadline: UInt64?, from time: UInt64) {
    var watched = [
      signals.descriptor.number, allEnded.descriptor, arrival.descriptor, allFailed.descriptor,
    ].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    // Rounded up, so that a wait never ends just before its time.
    let milliseconds = deadline.map { Int32(clamping: ($0 - time + 999_999) / 1_000_000) } ?? -1
    unsafe _ = poll(&watched, nfds_t(watched.count), milliseconds)
  }

  /// Stops as if the signal had not been read. Who is followed goes on; what finds no room meanwhile is counted.
  private static func stop(_ signal: Int32) {
    var mask = SignalGuard.mask([signal])
    kill(getpid(), signal)
    unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
  }

  /// After the end a signal ends Honeyguide, which may be writing to something slow; but one that comes within a second
  /// may be the same request: `timeout` and service managers signal a process and its group.
  func letGo() {
    _ = Thread {
      sleep(1)
      var mask = SignalGuard.mask([SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2])
      unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil)
      while true { pause() }
    }
  }
}
