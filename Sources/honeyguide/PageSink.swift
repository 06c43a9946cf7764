// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes
internal import Report

/// Reduces the events to what the page shows, and prints it when the run has ended or when it is asked for.
final class PageSink: EventSink {
  let output: SharedOutput
  private let style: PageStyle
  private var inspection: Inspection?
  /// The notes of the page that was written.
  private(set) var notes: [String] = []

  init(_ options: SessionOptions, as user: Identity) throws {
    if let path = options.page {
      output = try SharedOutput(path, as: user)
      style = PageStyle(isFull: options.full, top: options.top, sort: options.sort?.measure)
    } else {
      output = try SharedOutput.standardError()
      let terminal = Terminal.standardError
      style = PageStyle(
        columns: terminal.width, isColoured: terminal.hasColor, isFull: options.full, top: options.top,
        sort: options.sort?.measure)
    }
  }

  func start(_ session: SessionStart) throws { inspection = Inspection(session) }
  func receive(_ event: Event) throws { inspection?.apply(event) }
  func lose(_ loss: Loss, time: UInt64) throws { inspection?.lose(loss) }
  func flush() throws {}

  func finish(_ end: SessionEnd) throws {
    try write(end)
    notes = end.notes
  }

  /// The page so far.
  func show() {
    guard let inspection else { return }
    // There is nobody left to tell when this fails; the end will tell.
    try? write(
      SessionEnd(status: nil, time: Clock.boot(), losses: inspection.losses, events: inspection.events))
  }

  private func write(_ end: SessionEnd) throws {
    guard let inspection else { return }
    try output.write(Page.render(inspection, end: end, style: style).span)
  }
}
