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
    if let inspection { try write(inspection, end) }
    notes = end.notes
  }

  /// The page so far, with what is not told yet: it counts for this page, and not for the next.
  func show(with soFar: [Event]) {
    guard let inspection else { return }
    let end = SessionEnd(
      status: nil, time: Clock.boot(), losses: inspection.losses, events: inspection.events)
    var withAll = inspection
    for event in soFar { withAll.apply(event) }
    // There is nobody left to tell when this fails; the end will tell.
    try? write(withAll, end)
  }

  private func write(_ inspection: Inspection, _ end: SessionEnd) throws {
    // As they are called now: the run may have changed that.
    var style = style
    style.names = UserNames(passwd: UserFiles.passwd, group: UserFiles.group)
    try output.write(Page.render(inspection, end: end, style: style).span)
  }
}
