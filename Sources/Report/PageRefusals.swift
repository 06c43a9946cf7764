// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// The changes that were tried and failed, in the order of their first times. What fails on the way to what works is told, too.
  var refusals: [Occurrences<Refusal>.Entry] {
    inspection.files.refusals.entries.filter { crowd(ofChanged: $0.item.path)?.kind != .devices }
      .sorted { ($0.first, $0.item.path) < ($1.first, $1.item.path) }
  }

  /// "denied    ./etc/tool.conf  open to write: permission denied  tool"
  func refusalBlocks(_ entries: [Occurrences<Refusal>.Entry]) -> [(Int) -> [Line]] {
    [("denied", entries.filter(\.item.isDenied)), ("failed", entries.filter { !$0.item.isDenied })]
      .flatMap { label, entries -> [(Int) -> [Line]] in
        var crowds = Tally()
        for entry in entries { if let crowd = crowd(ofChanged: entry.item.path) { crowds.add(crowd) } }
        let told = entries.filter { crowd(ofChanged: $0.item.path) == nil }
        var blocks: [(Int) -> [Line]] = []
        if !told.isEmpty { blocks.append { refusalLines(told, label: label, limit: $0) } }
        // That a directory is not empty, and the like, is what programs ask by trying.
        if !crowds.isEmpty, label == "denied" {
          blocks.append { crowdLines(crowds, label: label, indent: 12, limit: min(2, $0)) }
        }
        return blocks
      }
  }

  private func refusalLines(_ entries: [Occurrences<Refusal>.Entry], label: String, limit: Int) -> [Line] {
    if limit < 1 { return [] }
    var rows: [Row] = []
    for entry in entries {
      let row = Row(entry.item, program: name(of: entry.item.program))
      if let known = rows.firstIndex(where: { $0.isAlike(row) }) {
        rows[known].count += entry.count
      } else {
        rows.append(row)
        rows[rows.count - 1].count = entry.count
      }
    }
    let kept = rows.prefix(rows.count > limit ? max(1, limit - 1) : limit)
    let others = rows.count - kept.count
    var lines = kept.enumerated().map { index, row in
      let rest = others > 0 && limit == 1 ? "  +\(Words.count(others)) more" : ""
      return line(row, first: margin(index == 0 || style.isFull ? label : "", to: 12), rest: rest)
    }
    if others > 0, limit > 1 {
      lines.append(Line(margin("", to: 12) + "… \(Words.count(others)) more; --full shows them", .faint))
    }
    return lines
  }

  private struct Row {
    var refusal: Refusal
    var program: ByteString
    var count = 1

    init(_ refusal: Refusal, program: ByteString) {
      self.refusal = refusal
      self.program = program
    }

    /// The same by another run of the program.
    func isAlike(_ other: Row) -> Bool {
      program == other.program && refusal.path == other.refusal.path && refusal.to == other.refusal.to
        && refusal.kind == other.refusal.kind && refusal.error == other.refusal.error
    }
  }

  private func line(_ row: Row, first: String, rest: String) -> Line {
    var tail = Line(
      "  " + (row.refusal.kind?.rawValue ?? (row.refusal.isWriting ? "open to write" : "open or make")) + ": "
    )
    tail.add(Words.error(row.refusal.error) + (row.count > 1 ? " ×" + Words.count(row.count) : ""), .bad)
    var program: [UInt8] = []
    Printable.appendPath(row.program, to: &program)
    tail.add("  ")
    tail.add(program, .name)
    tail.add(rest, .faint)
    let names = [row.refusal.path] + (row.refusal.to.map { [$0] } ?? [])
    let room = style.cut.map {
      max(8, ($0 - 12 - tail.columns - Renamed.moved.count * (names.count - 1)) / names.count)
    }
    var line = Line(first)
    for (index, name) in names.enumerated() {
      if index > 0 { line.add(Renamed.moved, .faint) }
      line.add(places.text(name, columns: room ?? .max))
    }
    line.add(tail)
    return line
  }
}
