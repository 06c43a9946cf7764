// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// Events as they happen, one readable line each: seconds since the start, process, its name, what it did.
///
///     0.012345    4242 ansible-galaxy  open     /etc/ansible/ansible.cfg read = ENOENT
///
/// Lines are never cut. Names are printed as shell words, so that one with a space or an arrow in it cannot be
/// taken for two.
public final class Live: EventSink {
  private let output: JSONLines.Output
  private var line: LiveLine
  private var startTime: UInt64 = 0

  /// What is collected before it is handed on; less, when there is nothing more to read for now.
  private static let enough = 64 * 1024

  public init(color: Bool, output: @escaping JSONLines.Output) {
    self.output = output
    line = LiveLine(color: color)
  }

  public func start(_ session: SessionStart) throws {
    startTime = session.time
    if session.showsSecrets { try output(Array("honeyguide: secrets are shown\n".utf8).span) }
  }

  public func receive(_ event: Event) throws {
    // Thousands at the end of each process: they are no story.
    if case .function = event.body { return }
    line.begin(since(event.time), process: event.process.pid, comm: event.comm)
    line.body(event.body)
    try end()
  }

  public func lose(_ loss: Loss, time: UInt64) throws {
    line.begin(since(time), process: nil, comm: nil)
    line.loss(loss)
    try end()
  }

  private func end() throws {
    line.end()
    if line.bytes.count >= Self.enough { try flush() }
  }

  public func flush() throws {
    if line.bytes.isEmpty { return }
    defer { line.bytes.removeAll(keepingCapacity: true) }
    try output(line.bytes.span)
  }

  public func finish(_ end: SessionEnd) throws { try flush() }

  /// What was before the command was released counts as its start.
  private func since(_ time: UInt64) -> UInt64 { time > startTime ? time - startTime : 0 }
}
