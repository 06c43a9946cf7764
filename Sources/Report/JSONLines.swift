// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// The whole story as JSON Lines: one object a line, `start` first and `summary` last. docs/events.md is the
/// contract, docs/events.schema.json the same for a machine.
///
/// Lines are collected in one buffer, which is used again.
public final class JSONLines: EventSink {
  /// Takes whole lines, and has written them when it returns.
  public typealias Output = (_ lines: Span<UInt8>) throws -> Void

  /// What is collected before it is handed on.
  private static let enough = 64 * 1024

  private let output: Output
  private var writer = EventWriter(capacity: 2 * enough)
  private var processes = ProcessCount()
  private var events: UInt64 = 0
  private var startTime: UInt64 = 0
  /// The time of the last line: the summary's is none before it.
  private var lastTime: UInt64 = 0

  public init(output: @escaping Output) {
    self.output = output
  }

  public func start(_ session: SessionStart) throws {
    startTime = session.time
    writer.start(session)
    try flush()
  }

  public func receive(_ event: Event) throws {
    events += 1
    lastTime = max(lastTime, event.time)
    processes.see(event)
    writer.event(event)
    try handOnWhenEnough()
  }

  public func lose(_ loss: Loss, time: UInt64) throws {
    lastTime = max(lastTime, time)
    writer.lost(loss, time: time)
    try handOnWhenEnough()
  }

  public func flush() throws {
    if writer.json.bytes.isEmpty { return }
    defer { writer.json.bytes.removeAll() }
    try output(writer.json.bytes.span)
  }

  public func finish(_ end: SessionEnd) throws {
    let duration = end.time >= startTime ? end.time - startTime : 0
    var end = end
    end.time = max(end.time, lastTime)
    writer.summary(end, duration: duration, events: events, processes: processes.count)
    try flush()
  }

  private func handOnWhenEnough() throws {
    if writer.json.bytes.count >= Self.enough { try flush() }
  }
}

/// How many processes took part: each that forked, was forked, or did anything else that was seen. Only those
/// that live are remembered, so that a long run needs no more memory than a short one.
private struct ProcessCount {
  private(set) var count = 0
  private var living: Set<ProcessID> = []
  private var last: ProcessID?

  mutating func see(_ event: Event) {
    switch event.body {
    // What became of a connection, and what was seen inside, may come after the end of the process.
    case .socket, .environment, .interpreter, .function:
      if event.process != last, !living.contains(event.process) { return }
    default: break
    }
    see(event.process)
    switch event.body {
    case .fork(let fork):
      if living.insert(fork.child).inserted { count += 1 }
    case .exit:
      living.remove(event.process)
      last = nil
    default: break
    }
  }

  private mutating func see(_ process: ProcessID) {
    if process == last { return }
    if living.insert(process).inserted { count += 1 }
    last = process
  }
}
