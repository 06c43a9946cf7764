// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it looked for and did not find, in the order tried.
  var searchSection: Section? {
    let searches = Searches(self)
    let wide = searches.wide.map { ($0, interest($0)) }.sorted { ($0.1, $0.0.first) < ($1.1, $1.0.first) }
      .map(\.0)
    let commands = searches.commands.filter { !$0.isFound }
    let found = searches.commands.count - commands.count
    let missing = sorted(searches.missing).map(\.path)
    if wide.isEmpty, searches.commands.isEmpty, missing.isEmpty, searches.refused.isEmpty,
      searches.crowds.isEmpty
    {
      return nil
    }
    var heading = Line("What it looked for, in the order tried", .heading)
    heading.add("  ✓ used  • there  ✗ not there", .faint)
    return Section(heading) { limit in
      if style.isFull {
        return searchLines(wide + searches.commands, limit: .max).lines
          + refusedLines(searches.refused, limit: .max)
          + missing.map { path in
            var line = Line("  ")
            line.add(mark([.absent]))
            line.add(places.text(path))
            return line
          }
      }
      var ends: [Line] = []
      if found > 0 {
        ends.append(Line("  and \(Words.count(found, "program")) along PATH, each found", .faint))
      }
      ends += crowdLines(searches.crowds, label: "not there, too:", limit: 2)
      let refused = refusedLines(searches.refused, limit: max(1, limit / 4))
      let told = wide + commands
      let shares = Page.shares(
        of: [
          searchLines(told, limit: limit).lines.count,
          nameLines(missing, label: "only", indent: 14, limit: limit).count,
        ],
        room: max(0, limit - ends.count - refused.count))
      var lines = searchLines(told, limit: shares[0]).lines + refused
      lines += nameLines(missing, label: "not there", indent: 13, limit: shares[1])
      return Array((lines + ends).prefix(limit))
    }
  }

  /// Smaller is more telling: a configuration file of the user's or the project's first.
  private func interest(_ search: Search) -> Int {
    let kind = search.attempts.map { places.kind(of: $0.path) }.min() ?? .other
    let name = search.name.bytes
    let isConfiguration = Self.configurationEndings.contains { name.hasSuffix($0) }
    let areas = Set(search.attempts.map { places.kind(of: $0.path) }).count
    return (isConfiguration ? 0 : 8) + (kind == .other ? 4 : 0) - (areas > 1 ? 2 : 0)
  }

  private static let configurationEndings = [
    "cfg", "conf", "config", "ini", "yml", "yaml", "json", "toml", "rc", "env", "properties", "xml",
  ]

  /// As many searches as the lines hold, none of them in part.
  private func searchLines(_ searches: [Search], limit: Int) -> (lines: [Line], told: Int) {
    if searches.isEmpty || limit < 1 { return ([], 0) }
    let names = searches.prefix(limit)
    let nameWidth = min(24, names.map { Printable.columns(text($0.name)) }.max() ?? 0)
    let programWidth = min(20, names.map { Printable.columns(program($0)) }.max() ?? 0)
    var lines: [Line] = []
    var told = 0
    var previous: ByteString?
    for search in searches {
      var first = Line("  ")
      if search.name != previous {
        var name: [UInt8] = []
        Printable.appendCut(text(search.name), columns: style.cut == nil ? .max : 24, to: &name)
        first.add(name, .heading)
      }
      first.tab(to: nameWidth + 4)
      var by: [UInt8] = []
      Printable.appendCut(program(search), columns: style.cut == nil ? .max : 20, to: &by)
      first.add(by, .name)
      first.tab(to: nameWidth + programWidth + 6)
      let room = style.wrap == .max ? Int.max : max(16, style.wrap - first.columns)
      var items = search.attempts.map { attempt(item: $0, room: room) }
      if !search.isFound { items.append(Line("none found", .bad)) }
      // On a narrow page the attempts go below the names.
      let indent = first.columns > style.wrap / 2 ? 6 : first.columns
      let block = flow(items, first: first, indent: indent, limit: style.isFull ? .max : 4) {
        "and \(Words.count($0)) more"
      }
      let isLast = told == searches.count - 1
      if lines.count + block.count > (isLast ? limit : limit - 1) { break }
      lines += block
      told += 1
      previous = search.name
    }
    if told < searches.count {
      lines.append(more(Words.count(searches.count - told, "more search", "more searches")))
    }
    return (lines, told)
  }

  private func refusedLines(_ searches: [Search], limit: Int) -> [Line] {
    var lines = searches.prefix(searches.count > limit ? limit - 1 : limit).map { search -> Line in
      var line = Line("  ")
      if let only = search.attempts.first {
        line.add(attempt(item: only, room: style.cut.map { max(16, $0 - 30) } ?? .max))
      }
      line.add("  ")
      line.add(program(search), .name)
      return line
    }
    if lines.count < searches.count, limit > 0 {
      lines.append(more(Words.count(searches.count - lines.count, "more refusal")))
    }
    return lines
  }

  private func text(_ name: ByteString) -> [UInt8] {
    var text: [UInt8] = []
    Printable.appendPath(name, to: &text)
    return text
  }

  private func program(_ search: Search) -> [UInt8] {
    text(search.program) + (search.runs > 1 ? " ×\(Words.count(search.runs))" : "").utf8
  }

  private func attempt(item attempt: Search.Attempt, room: Int) -> Line {
    let found = attempt.touch.found
    var line = mark(found)
    let isFailed = found.contains(.failed) && found.isDisjoint(with: .used)
    let note = isFailed ? " (" + Words.error(ErrorNumber(Int32(attempt.touch.error))) + ")" : ""
    let limit = style.cut == nil ? .max : room - 2 - note.utf8.count
    line.add(places.text(attempt.path, columns: limit), found.isDisjoint(with: .used) ? .plain : .good)
    if isFailed { line.add(note, .bad) }
    return line
  }

  private func mark(_ found: Touch.Found) -> Line {
    if !found.isDisjoint(with: .used) { return Line("✓ ", .good) }
    return found.contains(.present) && !found.contains(.failed) ? Line("• ") : Line("✗ ", .bad)
  }
}
