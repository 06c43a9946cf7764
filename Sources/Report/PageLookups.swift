// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it looked for and did not find, in the order tried.
  var searchSection: Section {
    let searches = Searches(self)
    let wide = ranked(searches.wide)
    let commands = searches.commands.filter { !$0.isFound }
    let found = searches.commands.count - commands.count
    let missing = sorted(searches.missing).map(\.path)
    if wide.isEmpty, searches.commands.isEmpty, missing.isEmpty, searches.refused.isEmpty,
      searches.crowds.isEmpty, searches.starting.missing == 0
    {
      return nothing("What it looked for", "all of it was there", of: .lookup, .open)
    }
    var heading = Line("What it looked for, in the order tried", .heading)
    let isMarked =
      !wide.isEmpty || !searches.refused.isEmpty || !(style.isFull ? searches.commands : commands).isEmpty
      || (style.isFull && !missing.isEmpty)
    if isMarked {
      let isRefusing =
        !searches.refused.isEmpty
        || wide.contains { $0.attempts.contains { $0.touch.found.contains(.failed) } }
      heading.add("  ✓ used  • there  ✗ not there" + (isRefusing ? ", or refused" : ""), .faint)
    }
    if style.isFull {
      return Section(heading) { limit in
        searchLines(wide + searches.commands, limit: limit) + refusedLines(searches.refused, limit: limit)
          + missing.map { path in
            var line = Line("  ")
            line.add(mark([.absent]))
            line.add(places.text(path))
            return line
          }
      }
    }
    return Section(heading) { limit in
      var ends: [Line] = []
      var starting: [Line] = []
      if found > 0 {
        ends.append(
          Line(
            "  looked for " + Words.count(found, "program") + " along PATH, and found "
              + (found == 1 ? "it" : "them"), .faint
          ))
      }
      if searches.starting.missing > 0 {
        starting.append(
          Line(
            "  libc, loader and locale: \(Words.count(searches.starting.read)) read, "
              + "\(Words.count(searches.starting.missing)) not found", .faint))
      }
      ends += crowdLines(searches.crowds, label: "and did not find", limit: limit < 12 ? 1 : 2)
      ends += starting
      let isTelling = { (search: Search) in interest(search) % 64 < 16 }
      let told = wide.filter(isTelling) + commands + wide.filter { !isTelling($0) }
      let shares = Page.shares(
        of: [
          searchLines(told, limit: limit).count, refusedLines(searches.refused, limit: limit).count,
          nameLines(missing, label: "not there", indent: 13, limit: limit).count,
        ], weights: [10, 2, 4], room: max(0, limit - ends.count))
      let lines =
        searchLines(told, limit: shares[0]) + refusedLines(searches.refused, limit: shares[1])
        + nameLines(missing, label: "not there", indent: 13, limit: shares[2]) + ends
      return Array(lines.prefix(limit))
    }
  }

  /// By name, the most telling name first, and the programs that looked for it in order of time.
  private func ranked(_ searches: [Search]) -> [Search] {
    var names: [[ByteString]: (interest: Int, first: UInt64)] = [:]
    for search in searches {
      let known = names[group(search)] ?? (.max, .max)
      names[group(search)] = (min(known.interest, interest(search)), min(known.first, search.first))
    }
    return searches.sorted { left, right in
      guard group(left) != group(right), let a = names[group(left)], let b = names[group(right)] else {
        return (left.first, left.program) < (right.first, right.program)
      }
      return (a.interest, a.first, left.name, left.program) < (b.interest, b.first, right.name, right.program)
    }
  }

  /// What is told together: one name, by whichever program; a name that says nothing by one program.
  private func group(_ search: Search) -> [ByteString] {
    search.name.isGeneric ? [search.name, search.program] : [search.name]
  }

  /// Smaller is more telling: where people keep their settings before all, and there what the command asked for
  /// itself before what its children did; then a configuration file of the user's or the project's first.
  private func interest(_ search: Search) -> Int {
    let attempts = search.attempts.filter { !$0.isInCrowd }
    let areas = Set(attempts.map { places.kind(of: $0.path) })
    let name = search.name.bytes
    let isConfiguration = Self.configurationEndings.contains { name.hasSuffix($0) }
    let misses = attempts.count(where: \.isMiss)
    let isSetting = attempts.contains { $0.isMiss && places.kind(of: $0.path) != .other }
    let order = isSetting ? search.isByCommand ? 0 : 64 : 128
    return order + (isConfiguration ? 0 : 16) + (areas == [.other] ? 8 : 0) + (areas.count > 1 ? 0 : 4) + 3
      - min(misses, 3)
  }

  private static let configurationEndings = [
    "cfg", "cnf", "conf", "config", "ini", "yml", "yaml", "json", "toml", "rc", "env", "properties", "xml",
  ]

  /// As many searches as the lines hold, none of them in part.
  private func searchLines(_ searches: [Search], limit: Int) -> [Line] {
    if searches.isEmpty || limit < 1 { return [] }
    let names = searches.prefix(limit)
    let nameWidth = min(24, names.map { Printable.columns(text($0.name)) }.max() ?? 0)
    let programWidth = min(20, names.map { Printable.columns(program($0)) }.max() ?? 0)
    var lines: [Line] = []
    var told = 0
    var skipped = 0
    var rows = 0
    var previous: [ByteString]?
    for search in searches {
      rows = group(search) == previous ? rows + 1 : 1
      // One name must not fill the page.
      if rows > 3, !style.isFull {
        skipped += 1
        continue
      }
      var first = Line("  ")
      if group(search) != previous {
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
      let block: [Line]
      let isNarrow =
        first.columns > style.wrap / 2
        && attempts(search, room: .max).reduce(-2, { $0 + $1.columns + 2 }) > room
      if isNarrow || areAlike(attempts(search, room: room)) {
        // The attempts go below the names, where there is more room.
        block = [first] + attemptLines(attempts(search, room: style.wrap - 6), indent: 6, limit: 3)
      } else {
        block = attemptLines(attempts(search, room: room), first: first, indent: first.columns, limit: 4)
      }
      let isLast = told + skipped == searches.count - 1 && skipped == 0
      if lines.count + block.count > (isLast ? limit : limit - 1) { break }
      lines += block
      told += 1
      previous = group(search)
    }
    if told < searches.count {
      lines.append(more(Words.count(searches.count - told, "more search", "more searches")))
    }
    return lines
  }

  private func attempts(_ search: Search, room: Int) -> [Line] {
    search.attempts.map { attempt(item: $0, room: room) } + (search.isFound ? [] : [Line("none found", .bad)])
  }

  private func areAlike(_ lines: [Line]) -> Bool {
    Set(lines.map { $0.pieces.flatMap(\.text) }).count < lines.count
  }

  private func attemptLines(_ attempts: [Line], first: Line? = nil, indent: Int, limit: Int) -> [Line] {
    flow(attempts, first: first, indent: indent, limit: style.isFull ? .max : limit) {
      "and \(Words.count($0)) more"
    }
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
    let limit = style.cut == nil || room == .max ? .max : room - 2 - note.utf8.count
    line.add(places.text(attempt.path, columns: limit), found.isDisjoint(with: .used) ? .plain : .good)
    if isFailed { line.add(note, .bad) }
    return line
  }

  private func mark(_ found: Touch.Found) -> Line {
    if !found.isDisjoint(with: .used) { return Line("✓ ", .good) }
    return found.contains(.present) && !found.contains(.failed) ? Line("• ") : Line("✗ ", .bad)
  }
}
