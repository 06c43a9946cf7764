// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// What a person reads after the run.
public enum Page {
  /// The most lines of a page that is not full.
  public static let lines = 60

  /// The whole page, UTF-8, each line ended by a newline. There are no control bytes besides, but for colours
  /// where the style has them.
  public static func render(_ inspection: Inspection, end: SessionEnd, style: PageStyle) -> [UInt8] {
    let view = View(inspection, end, style)
    let head = view.header
    // The weights: what each is worth where not all has room.
    let sections =
      ([
        (view.processSection, 14), (view.existingSection, 6), (view.connectionSection, 6),
        (view.serviceSection, 5),
        (view.readSection, 9),
        (view.changeSection, 8), (view.actSection, 6), (view.trafficSection, 6),
        (view.foldedSection, 3), (view.searchSection, 22), (view.environmentSection, 14),
        (view.givenSection, 6),
        (style.top == nil || style.isFull ? view.profileSection : nil, 13),
      ] as [(Section?, Int)]).compactMap { section, weight in
        section.map { ($0, weight) }
      }
    var page: [UInt8] = []
    for line in head { line.append(to: &page, style) }
    if style.isFull {
      for (section, _) in sections { append(section, section.lines(.max), to: &page, view) }
      return page
    }
    // Each section costs an empty line and its heading.
    let headings = sections.reduce(0) { $0 + 1 + view.headingLines($1.0.heading).count }
    let room = lines - head.count - headings
    let shares = shares(of: sections.map(\.0.wanted), weights: sections.map(\.1), room: room)
    for (section, lines) in zip(sections.map(\.0), fit(sections.map(\.0), shares, room: room)) {
      append(section, lines, to: &page, view)
    }
    // Who wants so many functions gets them, and the page is longer for that.
    if style.top != nil, let section = view.profileSection {
      append(section, section.lines(.max), to: &page, view)
    }
    return page
  }

  /// A section without lines is its heading alone, which says that there is nothing.
  private static func append(_ section: Section, _ lines: [Line], to page: inout [UInt8], _ view: View) {
    for line in [Line()] + view.headingLines(section.heading) + lines { line.append(to: &page, view.style) }
  }

  /// The sections' lines, by their shares of the room. Some need more than their share, for each kind of thing that they tell is a
  /// line: that is taken from whichever has most.
  private static func fit(_ sections: [Section], _ shares: [Int], room: Int) -> [[Line]] {
    var shares = shares
    var lines = zip(sections, shares).map { $0.lines($1) }
    while lines.reduce(0, { $0 + $1.count }) > room {
      guard
        let giver = shares.indices.filter({ shares[$0] > 1 && lines[$0].count > 1 })
          .max(by: { lines[$0].count < lines[$1].count })
      else {
        break
      }
      shares[giver] = min(shares[giver], lines[giver].count) - 1
      lines[giver] = sections[giver].lines(shares[giver])
    }
    return lines
  }

  /// Gives each what it wants, or at least its share by weight; what one leaves goes to those that want more.
  static func shares(of wanted: [Int], weights: [Int]? = nil, room: Int) -> [Int] {
    let weights = weights ?? wanted.map { _ in 1 }
    let total = max(1, weights.reduce(0, +))
    var shares = zip(wanted, weights).map { min($0, max(1, room * $1 / total)) }
    var left = room - shares.reduce(0, +)
    while left > 0 {
      let hungry = wanted.indices.filter { shares[$0] < wanted[$0] }
      if hungry.isEmpty { break }
      for index in hungry where left > 0 {
        shares[index] += 1
        left -= 1
      }
    }
    return shares
  }
}

/// What all parts of one page need.
struct View {
  let inspection: Inspection
  let end: SessionEnd
  let style: PageStyle
  let places: Places
  let traces: Traces
  let journeys: Journeys
  /// Events were lost: what was not seen may have been.
  let isLossy: Bool
  /// Whether a process ended may not have been told, by a loss or by a filter.
  let mayLackEnds: Bool
  /// The numbers of all processes that are known one by one.
  let pids: Set<Int32>

  init(_ inspection: Inspection, _ end: SessionEnd, _ style: PageStyle) {
    self.inspection = inspection
    self.end = end
    self.style = style
    places = Places(inspection.start)
    traces = Traces(inspection.files)
    journeys = Journeys(inspection.files, traces)
    isLossy = end.lost > 0 || !inspection.losses.isEmpty
    let filter = inspection.start.filter
    pids = Set(inspection.processes.entries.map(\.id.pid))
    mayLackEnds = isLossy || !filter.has(.exec) || filter.choosesProcesses
  }

  /// The last line of a section that could not say everything.
  func more(_ text: String) -> Line { Line("  … " + text + "; --full shows them", .faint) }

  func name(of program: Program.ID) -> ByteString {
    let program = inspection.processes.programs[program]
    // What the command did without its exec being seen is not Honeyguide's doing.
    if program.isProvisional, isCommand(program.process), let word = inspection.start.command.first {
      return word.basename
    }
    return program.name
  }

  /// The command itself waited at its gate before the run began: all others are younger.
  func isCommand(_ process: ProcessID) -> Bool {
    inspection.start.attached == nil && process.start < inspection.start.time
  }

  /// A section that has nothing to tell says so in its heading, or that none of its events were to be told.
  func nothing(_ heading: String, _ text: String, of groups: Filter.Group...) -> Section {
    let isLeftOut = !groups.contains(where: inspection.start.filter.has)
    let text = isLeftOut ? "left out by --only" : text
    var line = Line(heading, .heading)
    line.add("  " + text + (isLossy ? "; some events were lost" : ""), .faint)
    return Section(line) { _ in [] }
  }
}
