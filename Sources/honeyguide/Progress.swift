// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes
internal import Report

/// One line on the terminal while an inspection goes on: how long, how many are alive, how many events.
///
/// It is only there while nobody who is followed has that terminal open, so that it stands in nobody's way: what a
/// program writes cannot be known before it is written. And only in the foreground, on a terminal that is not in raw
/// mode. It goes with the first reason to be gone; the page is written where it stood.
final class Progress: EventSink {
  private let terminal: ByteString
  private let width: Int
  private var isShown = false
  private var isForbidden = false
  private var startTime: UInt64 = 0
  private var lastDrawn: UInt64 = 0
  private var alive: Set<ProcessID> = []
  private var followsChildren = true
  private var events: UInt64 = 0
  private var lost: UInt64 = 0

  private static let second: UInt64 = 1_000_000_000
  /// Short inspections have none.
  private static let patience = 2 * second

  /// Nil where standard error is no terminal that understands it.
  init?() {
    var name = [CChar](repeating: 0, count: 256)
    guard let width = Terminal.standardError.width, width >= 20,
      unsafe ttyname_r(STDERR_FILENO, &name, name.count) == 0, Self.isCapable
    else { return nil }
    terminal = ByteString(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    self.width = width
  }

  private static var isCapable: Bool {
    guard let term = unsafe getenv("TERM") else { return false }
    return unsafe String(cString: term) != "dumb"
  }

  func start(_ session: SessionStart) throws {
    startTime = session.time
    // Who opens the terminal must be told of.
    let filter = session.filter
    if !filter.has(.open) || !filter.has(.exec) || !filter.paths.isEmpty || filter.choosesProcesses {
      isForbidden = true
    }
    if case .processes(_, let withChildren) = session.attached { followsChildren = withChildren }
  }

  func receive(_ event: Event) throws {
    events += 1
    switch event.body {
    case .existing(.process(let image)):
      alive.insert(event.process)
      forbid(image.stdio.compactMap { $0 })
    case .existing(.file(let file)): forbid([file.target.path].compactMap { $0 })
    case .fork(let fork) where followsChildren: alive.insert(fork.child)
    case .exec(let exec): forbid(exec.stdio.compactMap { $0 })
    case .open(let open): forbid([open.target.path].compactMap { $0 })
    case .exit: alive.remove(event.process)
    default: break
    }
  }

  func lose(_ loss: Loss, time: UInt64) throws { lost += loss.count }

  func flush() throws {
    if isForbidden { return }
    let now = Clock.boot()
    guard now >= startTime + Self.patience, now >= lastDrawn + Self.second else { return }
    lastDrawn = now
    guard Self.isOurs, canWrite else { return erase() }
    let text = ProgressText.line(
      elapsed: now - startTime, processes: alive.count, events: events, lost: lost, width: width - 1)
    write("\r" + text + "\u{1B}[K")
    isShown = true
  }

  func finish(_ end: SessionEnd) throws {
    erase()
    isForbidden = true
  }

  /// Leaves the line as it was before.
  func erase() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  /// Whoever has the terminal open may write to it.
  private func forbid(_ paths: [ByteString]) {
    guard !isForbidden, paths.contains(where: { $0 == terminal || $0 == "/dev/tty" || $0 == "/dev/console" })
    else { return }
    erase()
    isForbidden = true
  }

  /// In the foreground, and nobody reads single keys.
  private static var isOurs: Bool {
    var modes = termios()
    return unsafe tcgetpgrp(STDERR_FILENO) == getpgrp() && tcgetattr(STDERR_FILENO, &modes) == 0
      && modes.c_lflag & tcflag_t(ICANON) != 0
  }

  /// Not stopped by Ctrl-S: nobody waits for a line that only decorates.
  private var canWrite: Bool {
    var waiting = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&waiting, 1, 0) == 1 && waiting.revents & Int16(POLLOUT) != 0
  }

  private func write(_ text: String) {
    var text = text
    text.withUTF8 { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
