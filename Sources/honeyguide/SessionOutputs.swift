// SPDX-License-Identifier: Apache-2.0
internal import Inspection
internal import Probes
internal import Report

/// Where the events of a session go, as its options say: the page, JSON Lines, the live view.
struct SessionOutputs {
  let sinks: [any EventSink]
  /// Nil where no page is wanted.
  let page: PageSink?
  /// Nil where nothing but the page goes to a terminal.
  private let progress: Progress?

  /// Opens the files, as `user`. Throws `OutputError`.
  init(_ options: SessionOptions, as user: Identity) throws {
    let json = try options.json.map { try SharedOutput($0, as: user) }
    let hasPage = !options.quiet || options.page != nil
    let page = try hasPage ? PageSink(options, as: user) : nil
    if let json, let page, options.page != nil { try json.expectOther(than: page.output) }
    var sinks: [any EventSink] = []
    // First, so that its line is gone before anything else is written.
    let hasProgress =
      !options.noProgress && !options.live && !options.quiet && options.page == nil && options.json != "-"
    progress = hasProgress ? Progress() : nil
    if let progress { sinks.append(progress) }
    if options.live { sinks.append(try Self.liveView()) }
    if let json { sinks.append(ReadSink(JSONLines(output: { try json.write($0) }), readFrom: json)) }
    if let page { sinks.append(page) }
    self.sinks = sinks
    self.page = page
  }

  private static func liveView() throws -> any EventSink {
    let output = try SharedOutput.standardError()
    let view = Live(color: Terminal.standardError.hasColor, output: { try output.write($0) })
    return ReadSink(view, readFrom: output)
  }

  /// The page so far, where somebody asks for it; with what belongs on this one alone.
  func showPage(with soFar: [Event]) {
    progress?.erase()
    page?.show(with: soFar)
  }

  /// Notes stand on the page: where there is none, or none any more, they are told here.
  func tellWhatThePageDidNot(_ notes: [String]) {
    for note in notes where page?.notes.contains(note) != true { StandardError.say("honeyguide: \(note)") }
  }
}
