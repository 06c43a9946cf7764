// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What was run, how it ended, and what the reader must know before believing the rest.
  var header: [Line] {
    let table = inspection.processes
    let losses = end.losses.isEmpty ? inspection.losses : end.losses
    let lost = losses.reduce(0) { $0 &+ $1.count }
    var duration = since(inspection.start.time, until: end.commandTime)
    if end.time - min(end.time, end.commandTime) > 100_000_000 {
      duration += ", watched for " + since(inspection.start.time, until: end.time)
    }
    let isAttached = inspection.start.attached != nil
    let ended = end.status.map { Words.ended($0) + " after " } ?? (isAttached ? "for " : "still runs after ")
    let loss = lost == 0 ? "nothing lost" : Words.count(lost, "event") + " lost"
    let counts = Words.count(table.seen, "process", "processes") + ", " + Words.count(end.events, "event")

    var command: [UInt8] = []
    if let attached = inspection.start.attached {
      command = Self.name(of: attached)
    } else {
      Printable.appendCommand(inspection.start.command, to: &command)
    }
    let rest = Line("; " + counts + ", ")
    var line = Line(
      inspection.start.showsSecrets ? "honeyguide (secrets are shown): " : "honeyguide: ", .heading)
    var tail = Line(" ")
    tail.add(ended, end.status.map { Words.trouble($0) == nil } ?? true ? .plain : .bad)
    tail.add(duration)
    let isShort =
      style.commandCut.map {
        line.columns + Printable.columns(command) + tail.columns + rest.columns + loss.utf8.count <= $0
      } ?? true
    // Whether anything was lost must be read, however narrow the terminal.
    let shortest = 8
    let isNarrow =
      style.commandCut.map { line.columns + shortest + tail.columns + 2 + loss.utf8.count > $0 } ?? false
    let color: Ink = lost == 0 ? .plain : .bad
    if !isNarrow {
      if isShort { tail.add(rest) } else { tail.add(", ") }
      tail.add(loss, color)
    }
    if let cut = style.commandCut {
      var shortened: [UInt8] = []
      Printable.appendCut(command, columns: max(shortest, cut - line.columns - tail.columns), to: &shortened)
      command = shortened
    }
    line.add(command, .heading)
    line.add(tail)
    var lines = [line]
    if isNarrow {
      var second = Line("  ")
      second.add(loss, color)
      second.add("; " + counts)
      lines.append(second)
    } else if !isShort {
      lines.append(Line("  " + counts))
    }
    return lines + cautions(losses)
  }

  /// Whom the inspection was attached to.
  private static func name(of attachment: Attachment) -> [UInt8] {
    var text = Array("attached to ".utf8)
    switch attachment {
    case .processes(let targets, let withChildren):
      text += (targets.count == 1 ? "pid " : "pids ").utf8
      for (index, target) in targets.enumerated() {
        if index > 0 { text += ", ".utf8 }
        text += "\(target.pid) ".utf8
        Printable.appendWord(target.name, to: &text)
      }
      if withChildren { text += " and children".utf8 }
    case .cgroup(let path):
      text += "cgroup ".utf8
      Printable.appendWord(path, to: &text)
    case .all: text += "the whole machine".utf8
    }
    return text
  }

  private func since(_ start: UInt64, until end: UInt64) -> String { Words.duration(end - min(end, start)) }

  private func cautions(_ losses: [Loss]) -> [Line] {
    var lines: [Line] = []
    func reasons(_ losses: [Loss]) -> String {
      losses.map { Words.count($0.count) + " " + $0.reason }.joined(separator: ", ")
    }
    let tables = losses.filter { $0.reason.hasPrefix("table-") }
    let events = losses.filter { !$0.reason.hasPrefix("table-") }
    if !events.isEmpty {
      lines += sentence("Lost: " + reasons(events) + ". What follows is true, but may lack something.", .bad)
    }
    if !tables.isEmpty {
      let count = tables.reduce(0) { $0 &+ $1.count }
      lines += sentence(
        "\(Words.count(count, "file")) left as tables of Python's calls could not be read (\(reasons(tables))): what follows "
          + "may lack what they told.", .bad)
    }
    // Every machine has it. A loss, or a filter, may have taken what tells of it.
    let filter = inspection.start.filter
    let tellsAll = filter.has(.exec) && !filter.choosesProcesses && !isLossy
    if inspection.start.attached == .all, tellsAll, !pids.contains(1) {
      lines += sentence(
        "The kernel did not list process 1, and perhaps others: of who ran before, those are told that it listed.",
        .plain)
    }
    if let sentence = filterSentence { lines += self.sentence(sentence, .plain) }
    let running = inspection.start.filter.has(.exec) ? inspection.processes.running.count : 0
    if end.isTimeOver, inspection.start.attached == nil {
      lines += sentence("The time for inspection is over; the command goes on.", .plain)
    }
    if running > 0, end.status != nil || inspection.start.attached != nil {
      let some = running == 1 ? "1 process still runs" : Words.count(running) + " processes still run"
      let reason = losses.isEmpty ? "left out" : "lost"
      let doubt = running == 1 ? ", or its end was \(reason)." : ", or their ends were \(reason)."
      lines += sentence(some + (mayLackEnds ? doubt : "."), .plain)
    }
    let files = inspection.files
    let folded = files.folded.values.reduce(0) { $0 + $1.names }
    if folded > 0 {
      lines += sentence(
        "\(Words.count(folded)) names, the least used, are counted by directory alone: memory holds "
          + "\(Words.count(inspection.limits.paths)) one by one.", .plain)
    }
    if files.unnamed > 0 {
      lines += sentence(Words.count(files.unnamed, "call") + " had no name that could be read.", .plain)
    }
    if inspection.connections.entries.contains(where: \.isFolded) {
      lines += sentence("There were too many remote addresses to keep each.", .plain)
    }
    let notes = style.isFull ? end.notes[...] : end.notes.prefix(4)
    for note in notes { lines += sentence(note, .plain) }
    if notes.count < end.notes.count {
      lines.append(more(Words.count(end.notes.count - notes.count, "more note")))
    }
    return lines
  }

  /// A sentence that may take several lines, at most three unless the page is full.
  private func sentence(_ text: String, _ ink: Ink) -> [Line] {
    var printable: [UInt8] = []
    Printable.appendPath(Array(text.utf8), to: &printable)
    let line = Line(String(decoding: printable, as: UTF8.self), ink)
    return flow(
      line.words.map(\.withoutEnd), indent: 2, separator: " ", limit: style.isFull ? .max : 3)
  }

  /// A line that goes on in further ones where there is too little room: at most `limit`, unless the page is full.
  func wrapped(_ line: Line, indent: Int = 6, isByParts: Bool = false, limit: Int = 3) -> [Line] {
    guard let cut = style.cut, line.columns > cut else { return [line] }
    var lines = [Line()]
    for word in isByParts ? line.parts : line.words {
      let isFull = !lines[lines.count - 1].isEmpty && lines[lines.count - 1].columns + word.columns > cut
      if isFull, lines.count < limit { lines.append(Line(String(repeating: " ", count: indent))) }
      lines[lines.count - 1].add(word)
    }
    return lines
  }

  /// A heading, which may take a second line where there is little room.
  func headingLines(_ heading: Line) -> [Line] { wrapped(heading, indent: 4, isByParts: true, limit: 2) }

  /// Items one after the other, going on in the next line where the width ends. The first line begins at
  /// `indent` (or goes on `first`), the following ones at `indent`. What exceeds `limit` lines is left out,
  /// and told by `rest` (given how many).
  func flow(
    _ items: [Line], first: Line? = nil, indent: Int, separator: String = "  ", limit: Int,
    rest: (Int) -> String = { _ in "…" }
  ) -> [Line] {
    let margin = String(repeating: " ", count: indent)
    var lines = [first ?? Line(margin)]
    var start = lines[0].columns
    for (index, item) in items.enumerated() {
      let isLast = index == items.count - 1
      let reserve = lines.count == limit && !isLast ? separator.utf8.count + rest(items.count).utf8.count : 0
      var line = lines[lines.count - 1]
      let gap = line.columns > start ? separator.utf8.count : 0
      if gap > 0, line.columns + gap + item.columns + reserve > style.wrap {
        if lines.count == limit {
          line.add(separator + rest(items.count - index), .faint)
          lines[lines.count - 1] = line
          return lines
        }
        lines.append(Line(margin))
        line = lines[lines.count - 1]
        start = indent
      } else if gap > 0 {
        line.add(separator)
      }
      // What stands first in the last line leaves room for what tells of the rest.
      if lines.count == limit, !isLast, line.columns == start,
        items[index...].reduce(line.columns, { $0 + $1.columns + separator.utf8.count }) > style.wrap
      {
        let tail = separator.utf8.count + rest(items.count).utf8.count
        line.add(item.cut(to: max(8, style.wrap - line.columns - tail)))
      } else {
        line.add(item)
      }
      lines[lines.count - 1] = line
    }
    return lines
  }
}
