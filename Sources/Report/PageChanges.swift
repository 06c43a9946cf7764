// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it changed, each path under the weightiest thing that was done with it.
  var changeSection: Section {
    var groups: [Deed: [FileRecord]] = [:]
    var grants: [Grant: [FileRecord]] = [:]
    var crowds: [Deed: Tally] = [:]
    var passing: [ByteString: Int] = [:]
    let journeys = Journeys(inspection.files, traces)
    for record in inspection.files.records where record.counts.isChanged {
      let isMade = traces.isMade(record)
      if !style.isFull {
        if !isMade, journeys.isLost(record.path) { continue }
        if let place = passingPlace(record, journeys) {
          passing[place, default: 0] += 1
          continue
        }
      }
      let crowd = style.isFull ? nil : Crowd(record.path)
      // Devices are opened to write by everything, and change nothing.
      if crowd?.kind == .devices || crowd?.kind == .processes { continue }
      let deed = Deed(record, journeys, isMade: isMade) ?? (style.isFull ? .passed : nil)
      if deed != .deleted, crowd == nil || record.rights.isWeighty {
        for grant in Grant.all(record.rights, deed: deed) { grants[grant, default: []].append(record) }
      }
      guard let deed else { continue }
      if let crowd {
        crowds[deed, default: Tally()].add(crowd)
      } else if deed != .mode, deed != .owner {
        groups[deed, default: []].append(record)
      }
    }
    let renamed = renames(journeys, &crowds)
    let links = inspection.files.moves.filter {
      guard $0.kind != .rename else { return false }
      return style.isFull
        || !(traces.isPassing($0.name) || Crowd($0.from) != nil || inspection.files[$0.name]?.isGone == true)
    }

    var blocks: [(Int) -> [Line]] = []
    // What has its name again was written after the rename: told in that order.
    let isFirst = renamed.contains { inspection.files[$0[0]]?.isGone == false }
    if isFirst { blocks.append { renameLines(renamed, limit: $0) } }
    for deed in Deed.allCases {
      if deed == .renamed, !renamed.isEmpty, !isFirst { blocks.append { renameLines(renamed, limit: $0) } }
      if deed == .linked, !links.isEmpty { blocks.append { linkLines(links, limit: $0) } }
      let records = sorted(groups[deed] ?? [])
      let more = deed == .deleted && !style.isFull ? journeys.lost : []
      if !records.isEmpty || !more.isEmpty {
        blocks.append { deedLines(deed, records, more, limit: $0) }
      }
      blocks += grantLines(grants, of: deed)
      if let crowd = crowds[deed] {
        blocks.append { crowdLines(crowd, label: deed.rawValue, indent: 12, limit: min(2, $0)) }
      }
    }
    if !passing.isEmpty { blocks.append { _ in [passingLine(passing)] } }
    if blocks.isEmpty {
      return nothing("What it changed", "no file was made, written, renamed or deleted", of: .change, .open)
    }
    let given = grants.values.joined().filter { style.isFull || Crowd($0.path) == nil }
    let named = Set(groups.values.joined().map(\.path)).union(given.map(\.path)).count
    let moved = renamed.count + links.count + (style.isFull ? 0 : journeys.lost.count)
    let total = crowds.values.reduce(named + moved) { $0 + $1.total }
    var heading = Line("What it changed", .heading)
    if total > 0 { heading.add("  " + Words.count(total, "path"), .faint) }
    return Section(heading) { limit in
      if style.isFull { return blocks.flatMap { $0(.max) } }
      let shares = Page.shares(of: blocks.map { $0(limit).count }, room: limit)
      return zip(blocks, shares).flatMap { $0($1) }
    }
  }

  /// Where something came and went again; nil for what stays, or was there before.
  private func passingPlace(_ record: FileRecord, _ journeys: Journeys) -> ByteString? {
    if let place = traces.passing(record) { return place }
    guard record.isGone, record.counts[.deleted] + record.counts[.directoryDeleted] > 0,
      journeys.isOwn(record.path)
    else { return nil }
    return record.path.directory
  }

  /// The names of each thing that was renamed; of a full page those of each rename. What stayed within one crowd is counted
  /// there.
  private func renames(_ journeys: Journeys, _ crowds: inout [Deed: Tally]) -> [[ByteString]] {
    if style.isFull {
      return inspection.files.moves.filter { $0.kind == .rename }.map { [$0.from, $0.to] }
    }
    var told: [[ByteString]] = []
    for names in journeys.told.map(\.names) {
      if let crowd = names.first.flatMap(Crowd.init), crowd == names.last.flatMap(Crowd.init) {
        crowds[.renamed, default: Tally()].add(crowd)
      } else {
        told.append(names)
      }
    }
    return told
  }

  /// "and 131 temporary files came and went below /tmp, ~/.ansible/tmp"
  private func passingLine(_ passing: [ByteString: Int]) -> Line {
    let total = passing.values.reduce(0, +)
    let first = Line("  and \(Words.count(total, "temporary file")) came and went below ")
    let ranked = passing.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    var items = ranked.map { place, _ -> Line in
      var item = Line()
      item.add(places.text(place, columns: max(12, style.wrap / 3)), .name)
      return item
    }
    for index in items.indices.dropLast() { items[index].add(",") }
    return flow(items, first: first, indent: 6, separator: " ", limit: 1) {
      "and " + Words.count($0, "more place")
    }[0]
  }

  private func deedLines(_ deed: Deed, _ records: [FileRecord], _ more: [ByteString], limit: Int) -> [Line] {
    if style.isFull {
      return [Line("  " + deed.rawValue)]
        + fullLines(records).map { line in
          var indented = Line("  ")
          indented.add(line)
          return indented
        }
    }
    // A directory that was made is told by what was put there.
    let directories = Set(records.map(\.path.directory))
    let told = records.filter { $0.counts[.directoryCreated] == 0 || !directories.contains($0.path) }
    let paths = (told.isEmpty ? records : told).map { record in
      record.counts[.directoryCreated] > 0 ? ByteString(record.path.bytes + [UInt8(ascii: "/")]) : record.path
    }
    return nameLines(
      paths + more, label: deed.rawValue, indent: 12, limit: limit)
  }

  private func renameLines(_ journeys: [[ByteString]], limit: Int) -> [Line] {
    arrowLines(journeys.map { ($0, " → ") }, label: Deed.renamed.rawValue, limit: limit) { name, columns in
      var line = Line()
      line.add(places.text(name, columns: columns))
      return line
    }
  }

  private func linkLines(_ links: [Move], limit: Int) -> [Line] {
    let rows = links.map { ([$0.from, $0.to], $0.kind == .link ? " = " : " → ") }
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
  private func arrowLines(
    _ rows: [(names: [ByteString], sign: String)], label: String, limit: Int,
    text: (ByteString, Int) -> Line
  ) -> [Line] {
    let kept = rows.prefix(rows.count > limit ? limit - 1 : limit)
    var lines = kept.enumerated().map { index, row in
      var line = Line(margin(index == 0 || style.isFull ? label : "", to: 12))
      let isLong = row.names.count > 4
      let names = isLong ? Array(row.names.prefix(2) + row.names.suffix(1)) : row.names
      let between = isLong ? "… \(Words.count(row.names.count - 3)) more" : ""
      let signs = row.sign.count * (names.count - 1) + (isLong ? between.count + row.sign.count : 0)
      let room = style.cut.map { max(8, ($0 - 12 - signs) / names.count) } ?? .max
      for (position, name) in names.enumerated() {
        if position > 0 { line.add(row.sign, .faint) }
        if isLong, position == 2 { line.add(between + row.sign, .faint) }
        line.add(text(name, room))
      }
      return line
    }
    if kept.count < rows.count, limit > 0 {
      var line = Line(margin(kept.isEmpty ? label : "", to: 12))
      line.add("… \(Words.count(rows.count - kept.count)) more; --full shows them", .faint)
      lines.append(line)
    }
    return lines
  }
}

extension Move {
  /// The name that is new.
  fileprivate var name: ByteString { kind == .symlink ? from : to }
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

/// What was done with a path, in the order of telling.
enum Deed: String, CaseIterable {
  case created, wrote
  case opened = "opened rw"
  case renamed, linked
  case mode, owner, group, deleted
  /// On a full page: what another line tells on a short one.
  case passed = "moved on"

  var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// Nil where another line tells it: a name on the way to the real one, a rename, a link.
  init?(_ record: FileRecord, _ journeys: Journeys, isMade: Bool) {
    let counts = record.counts
    let isWritten = counts[.written] + counts[.truncated] + counts[.temporary] > 0
    if journeys.isStep(record.path) { return nil }
    if record.isGone {
      if counts[.deleted] + counts[.directoryDeleted] == 0 { return nil }
      self = .deleted
    } else if journeys.isResult(record.path) {
      self = record.wasAbsent ? .created : .wrote
    } else if counts[.linked] > 0 || (counts[.renamedTo] > 0 && !isMade) {
      // The other line tells where it came from, not what was done with it.
      if !isWritten { return nil }
      self = .wrote
    } else if isMade {
      self = .created
    } else if isWritten {
      self = .wrote
    } else if counts[.readWritten] > 0 {
      self = .opened
    } else if counts[.modeChanged] > 0 {
      self = .mode
    } else {
      self = .owner
    }
  }
}
