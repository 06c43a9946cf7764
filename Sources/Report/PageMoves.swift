// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Something that was renamed, with all its names; or two that became each other.
struct Renamed {
  static let moved = " → "
  var names: [ByteString]
  var sign = Self.moved

  init(names: [ByteString]) { self.names = names }

  init(_ move: Move) {
    names = [move.from, move.to]
    if move.isExchange { sign = " ↔ " }
  }
}

extension View {
  /// What was renamed: of each thing all its names.
  func renameLines(_ renamed: [Renamed], limit: Int) -> [Line] {
    let rows = renamed.map { row in
      (row.names, row.sign, row.names.last.map(journeys.replaced.contains) ?? false ? " (replaced)" : "")
    }
    return arrowLines(rows, label: Deed.renamed.rawValue, limit: limit) { name, columns in
      var line = Line()
      line.add(places.text(name, columns: columns))
      return line
    }
  }

  func linkLines(_ links: [Move], _ carried: [ByteString: ByteString], limit: Int) -> [Line] {
    let rows = links.map {
      $0.kind == .link
        ? ([$0.from, carried[$0.to] ?? $0.to], " = ", "")
        : ([carried[$0.from] ?? $0.from, $0.to], Renamed.moved, "")
    }
    let texts = Set(links.filter { $0.kind == .symlink }.map(\.to))
    return arrowLines(rows, label: Deed.linked.rawValue, limit: limit) { name, columns in
      var line = Line()
      // A symbolic link's text is as it was written.
      if texts.contains(name) {
        Printable.appendPath(name, cut: columns, to: &line)
      } else {
        line.add(places.text(name, columns: columns))
      }
      return line
    }
  }

  /// Names one after the other with a sign between them, a row for each thing. Of very many names the first two and the last
  /// are told.
  func arrowLines(
    _ rows: [(names: [ByteString], sign: String, note: String)], label: String, limit: Int,
    text: (ByteString, Int) -> Line
  ) -> [Line] {
    if limit < 1 { return [] }
    // Where there is one line, the first says more than how many there are.
    let kept = rows.prefix(rows.count > limit ? max(1, limit - 1) : limit)
    let rest = limit == 1 && rows.count > 1 ? "  +\(Words.count(rows.count - 1)) more" : ""
    var lines = kept.enumerated().map { index, row in
      var line = Line(margin(index == 0 || style.isFull ? label : "", to: 12))
      let isLong = row.names.count > 4
      let names = isLong ? Array(row.names.prefix(2) + row.names.suffix(1)) : row.names
      let between = isLong ? "… \(Words.count(row.names.count - 3)) more" : ""
      let signs =
        row.sign.count * (names.count - 1) + (isLong ? between.count + row.sign.count : 0)
        + row.note.count
      let room = style.cut.map { max(8, ($0 - 12 - signs - rest.count) / names.count) } ?? .max
      for (position, name) in names.enumerated() {
        if position > 0 { line.add(row.sign, .faint) }
        if isLong, position == 2 { line.add(between + row.sign, .faint) }
        line.add(text(name, room))
      }
      line.add(row.note, .bad)
      line.add(rest, .faint)
      return line
    }
    if kept.count < rows.count, limit > 1 {
      var line = Line(margin("", to: 12))
      line.add("… \(Words.count(rows.count - kept.count)) more; --full shows them", .faint)
      lines.append(line)
    }
    return lines
  }
}

extension Move {
  /// The name that is new.
  var name: ByteString { kind == .symlink ? from : to }
}

extension Printable {
  /// A symbolic link's text, or anything else that is no path of ours.
  static func appendPath(_ name: ByteString, cut: Int, to line: inout Line) {
    var text: [UInt8] = []
    var shortened: [UInt8] = []
    appendPath(name, to: &text)
    appendCut(text, columns: cut, to: &shortened)
    line.add(shortened)
  }
}
