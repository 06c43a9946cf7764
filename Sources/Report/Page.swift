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
    var sections = [
      view.processSection, view.connectionSection, view.readSection, view.changeSection, view.searchSection,
    ].compactMap { $0 }.filter { $0.wanted > 0 }
    var page: [UInt8] = []
    for line in head { line.append(to: &page, style) }
    if style.isFull {
      for section in sections { append(section, section.lines(.max), to: &page, style) }
      return page
    }
    // Each section costs an empty line and its heading.
    let shares = shares(of: sections.map(\.wanted), room: lines - head.count - 2 * sections.count)
    for (index, share) in shares.enumerated() {
      append(sections[index], sections[index].lines(share), to: &page, style)
    }
    sections = []
    return page
  }

  private static func append(_ section: Section, _ lines: [Line], to page: inout [UInt8], _ style: PageStyle)
  {
    Line().append(to: &page, style)
    section.heading.append(to: &page, style)
    for line in lines { line.append(to: &page, style) }
  }

  /// Gives each at least a fair share of what it wants; what one leaves goes to those that want more.
  static func shares(of wanted: [Int], room: Int) -> [Int] {
    var shares = [Int](repeating: 0, count: wanted.count)
    var room = max(room, wanted.count)
    while room > 0 {
      let hungry = wanted.indices.filter { shares[$0] < wanted[$0] }
      if hungry.isEmpty { break }
      let portion = max(1, room / hungry.count)
      for index in hungry where room > 0 {
        let more = min(portion, wanted[index] - shares[index], room)
        shares[index] += more
        room -= more
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

  init(_ inspection: Inspection, _ end: SessionEnd, _ style: PageStyle) {
    self.inspection = inspection
    self.end = end
    self.style = style
    places = Places(inspection.start)
  }

  /// The last line of a section that could not say everything.
  func more(_ text: String) -> Line { Line("  … " + text + "; --full shows them", .faint) }

  func name(of program: Program.ID) -> ByteString { inspection.processes.programs[program].name }
}
