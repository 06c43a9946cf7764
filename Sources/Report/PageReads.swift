// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it read: files by name, those of the project first; libraries and the like as numbers.
  var readSection: Section {
    var named: [FileRecord] = []
    var crowds = Tally()
    var directories: [FileRecord] = []
    // Some programs open directories as if they were files: what something lies in is one.
    let holders = Set(inspection.files.records.map(\.path.directory))
    for record in inspection.files.records {
      let isDirectory =
        record.counts[.listed] > 0 || record.counts[.read] > 0 && holders.contains(record.path)
      if isDirectory {
        directories.append(record)
        continue
      }
      guard isReadByOther(record), style.isFull || traces.passing(record) == nil else { continue }
      if !style.isFull, let crowd = Crowd(record.path) { crowds.add(crowd) } else { named.append(record) }
    }
    if named.isEmpty, crowds.isEmpty, directories.isEmpty {
      return nothing("What it read", "no file that it opened itself", of: .open)
    }
    let files = sorted(named)
    let listed = style.isFull ? sorted(directories) : []
    var heading = Line("What it read", .heading)
    let entries =
      directories.isEmpty ? "" : ", and " + Words.count(directories.count, "directory", "directories")
    heading.add("  " + Words.count(named.count + crowds.total, "file") + entries, .faint)
    return Section(heading) { limit in
      if style.isFull { return fullLines(files) + fullLines(listed) }
      let ends = crowdLines(crowds, label: files.isEmpty ? "" : "and", limit: limit < 10 ? 2 : 3)
      let names = files.map(\.path)
      let shares = Page.shares(
        of: [nameLines(names, indent: 2, limit: limit).count, linkedLines(files, limit: 4).count],
        weights: [3, 1], room: max(0, limit - ends.count))
      return nameLines(names, indent: 2, limit: shares[0]) + linkedLines(files, limit: shares[1])
        + ends.prefix(limit)
    }
  }

  /// "  by link   app.conf → ./opt/real.conf": by which other name a file was opened, as it was asked for.
  private func linkedLines(_ records: [FileRecord], limit: Int) -> [Line] {
    let rows = records.compactMap { record -> (names: [ByteString], sign: String, note: String)? in
      // What the system's own packages link says nothing of this program.
      guard let link = record.link, places.kind(of: link.isAbsolute ? link : record.path) != .other else {
        return nil
      }
      return ([link, record.path], Renamed.moved, "")
    }
    let links = Set(rows.map { $0.names[0] })
    return arrowLines(rows, label: "by link", limit: limit) { name, columns in
      var line = Line()
      if links.contains(name), !name.isAbsolute {
        // Relative to what is not always known.
        Printable.appendPath(name, cut: columns, to: &line)
      } else {
        line.add(places.text(name, columns: columns))
      }
      return line
    }
  }

  /// Read by a program that did not change it itself: what a program made and reads again is its own affair.
  private func isReadByOther(_ record: FileRecord) -> Bool {
    record.counts[.read] > 0
      && (style.isFull || record.hasMoreTouches
        || record.touches.contains {
          $0.found.contains(.read) && $0.found.isDisjoint(with: Touch.Found.written.union(.changed))
        })
  }

  /// By the kind of place, and there by time.
  func sorted(_ records: [FileRecord]) -> [FileRecord] {
    records.map { (places.kind(of: $0.path).rawValue, $0.first, $0) }
      .sorted { ($0.0, $0.1, $0.2.path) < ($1.0, $1.1, $1.2.path) }.map(\.2)
  }

  /// "and 1 204 Python library files below ~/venv/lib/python3.11, 87 shared libraries"
  func crowdLines(_ crowds: Tally, label: String = "and", indent: Int = 6, limit: Int) -> [Line] {
    if crowds.isEmpty { return [] }
    let all = crowdItems(crowds.ranked)
    let lines = flowCrowds(all, label: label, indent: indent, limit: .max)
    if lines.count <= limit { return lines }
    // Too many places to name each.
    return flowCrowds(crowdItems(crowds.byKind), label: label, indent: indent, limit: limit)
  }

  private func flowCrowds(
    _ items: [(text: Line, count: Int)], label: String, indent: Int, limit: Int
  ) -> [Line] {
    flow(
      items.map(\.text), first: Line(margin(label, to: label.isEmpty ? 2 : indent)), indent: indent,
      separator: " ", limit: limit
    ) {
      Words.count(items.suffix($0).reduce(0) { $0 + $1.count }, "other")
    }
  }

  private func crowdItems(_ crowds: [(Crowd, Int)]) -> [(text: Line, count: Int)] {
    var items: [(text: Line, count: Int)] = []
    let texts = Self.distinct(crowds, columns: max(12, style.wrap / 3), most: style.wrap * 3 / 4) {
      entry, columns in
      entry.0.place.map { places.text($0, columns: columns) } ?? Array(entry.0.kind.text(1).utf8)
    }
    for ((crowd, count), text) in zip(crowds, texts) {
      var item = Line(crowd.kind.text(count))
      if crowd.place != nil {
        item.add(crowd.inPlace.map { " (\(Words.count($0)) below " } ?? " below ")
        item.add(text, .name)
        if crowd.inPlace != nil { item.add(")") }
      }
      items.append((item, count))
    }
    for index in items.indices.dropLast() { items[index].text.add(",") }
    return items
  }

  /// On a full page: one line each, with all that was done and by whom.
  func fullLines(_ records: [FileRecord]) -> [Line] {
    records.map { record in
      var line = Line("  ")
      line.add(places.text(record.path) + (record.isTruncated ? Array("…".utf8) : []))
      line.add("  " + Self.uses(record.counts), .faint)
      if let link = record.link {
        line.add(", by ", .faint)
        Printable.appendPath(link, cut: .max, to: &line)
      }
      line.add("  ")
      line.add(programs(record), .name)
      return line
    }
  }

  static func uses(_ counts: FileCounts) -> String {
    FileUse.allCases.filter { counts[$0] > 0 }
      .map { $0.word + (counts[$0] > 1 ? " ×" + Words.count(counts[$0]) : "") }.joined(separator: ", ")
  }

  func programs(_ record: FileRecord) -> [UInt8] {
    var names: [ByteString] = []
    for touch in record.touches.sorted(by: { $0.time < $1.time }) {
      let name = name(of: touch.program)
      if !names.contains(name) { names.append(name) }
    }
    var text: [UInt8] = []
    for (index, name) in names.enumerated() {
      if index > 0 { text += ", ".utf8 }
      Printable.appendPath(name, to: &text)
    }
    return text + (record.hasMoreTouches ? " and others" : "").utf8
  }
}

/// How many files of each crowd.
struct Tally {
  private var counts: [Crowd: Int] = [:]
  private(set) var total = 0
  var isEmpty: Bool { total == 0 }

  mutating func add(_ crowd: Crowd, _ number: Int = 1) {
    counts[crowd, default: 0] += number
    total += number
  }

  /// The same, with each kind as one; where that lies in several places with the one that holds the most.
  var byKind: [(Crowd, Int)] {
    var kinds = Tally()
    for (_, members) in Dictionary(grouping: counts, by: { $0.key.kind }) {
      let most = members.max {
        ($0.value, $1.key.place ?? "") < ($1.value, $0.key.place ?? "")
      }
      guard let most else { continue }
      var crowd = most.key
      if members.count > 1, crowd.place != nil { crowd.inPlace = most.value }
      kinds.add(crowd, members.reduce(0) { $0 + $1.value })
    }
    return kinds.ranked
  }

  /// The largest first.
  var ranked: [(Crowd, Int)] {
    counts.map { ($0.key, $0.value) }.sorted {
      ($1.1, $0.0.kind.text(1), $0.0.place ?? "") < ($0.1, $1.0.kind.text(1), $1.0.place ?? "")
    }
  }
}

extension FileUse {
  var word: String {
    switch self {
    case .read: "read"
    case .listed: "listed"
    case .written: "written"
    case .readWritten: "opened to read and write"
    case .created: "created"
    case .maybeCreated: "opened with O_CREAT"
    case .temporary: "temporary file without a name"
    case .referenced: "opened as a place"
    case .executed: "executed"
    case .present: "looked up"
    case .absent: "not there"
    case .failed: "failed"
    case .deleted: "deleted"
    case .directoryCreated: "made"
    case .directoryDeleted: "removed"
    case .renamedFrom: "renamed"
    case .renamedTo: "renamed to this"
    case .linked: "linked"
    case .truncated: "truncated"
    case .modeChanged: "mode changed"
    case .ownerChanged: "owner changed"
    case .entered: "entered"
    }
  }
}
