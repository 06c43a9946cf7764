// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it changed, each path under the weightiest thing that was done with it.
  var changeSection: Section {
    var groups: [Deed: [FileRecord]] = [:]
    var crowds: [Deed: Tally] = [:]
    var passing: [ByteString: Int] = [:]
    let renames = Renames(inspection.files, traces)
    let lost = style.isFull ? nil : Lost(inspection.files, traces)
    for record in inspection.files.records where record.counts.isChanged {
      if let lost, !traces.isMade(record), lost.covers(record.path) { continue }
      if !style.isFull, let place = traces.passing(record) {
        passing[place, default: 0] += 1
        continue
      }
      guard let deed = Deed(record, renames, isMade: traces.isMade(record)) else { continue }
      guard !style.isFull, let crowd = Crowd(record.path) else {
        groups[deed, default: []].append(record)
        continue
      }
      // Devices are opened to write by everything, and change nothing.
      if crowd.kind != .devices && crowd.kind != .processes { crowds[deed, default: Tally()].add(crowd) }
    }
    let moves = inspection.files.moves.filter {
      style.isFull
        || !(traces.isPassing($0.name) || Crowd($0.from) != nil || lost?.covers($0) == true)
    }
    let pairs = renames.told.filter { moves.contains($0) }
    let links = moves.filter {
      $0.kind != .rename && (style.isFull || inspection.files[$0.name]?.isGone != true)
    }

    var blocks: [(Int) -> [Line]] = []
    // What has its name again was written after the rename: told in that order.
    let isFirst = pairs.contains { inspection.files[$0.from]?.isGone == false }
    if isFirst { blocks.append { moveLines(pairs, label: "renamed", limit: $0) } }
    for deed in Deed.allCases {
      if deed == .renamed, !pairs.isEmpty, !isFirst {
        blocks.append { moveLines(pairs, label: "renamed", limit: $0) }
      }
      if deed == .linked, !links.isEmpty { blocks.append { moveLines(links, label: "linked", limit: $0) } }
      let records = sorted(groups[deed] ?? [])
      let more = deed == .deleted ? lost?.paths ?? [] : []
      if !records.isEmpty || !more.isEmpty {
        blocks.append { deedLines(deed, records, more, limit: $0) }
      }
      if let crowd = crowds[deed] {
        blocks.append { crowdLines(crowd, label: deed.rawValue, indent: 12, limit: min(2, $0)) }
      }
    }
    if !passing.isEmpty { blocks.append { _ in [passingLine(passing)] } }
    if blocks.isEmpty { return nothing("What it changed", "nothing that is watched", of: .change, .open) }
    let named = groups.values.reduce(0) { $0 + $1.count }
    let moved = pairs.count + links.count + (lost?.paths.count ?? 0)
    let total = crowds.values.reduce(named + moved) { $0 + $1.total }
    var heading = Line("What it changed", .heading)
    if total > 0 { heading.add("  " + Words.count(total, "path"), .faint) }
    return Section(heading) { limit in
      if style.isFull { return blocks.flatMap { $0(.max) } }
      let shares = Page.shares(of: blocks.map { $0(limit).count }, room: limit)
      return zip(blocks, shares).flatMap { $0($1) }
    }
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

  private func moveLines(_ moves: [Move], label: String, limit: Int) -> [Line] {
    let kept = moves.prefix(moves.count > limit ? limit - 1 : limit)
    var lines = kept.enumerated().map { index, move in
      var line = Line(margin(index == 0 || style.isFull ? label : "", to: 12))
      let half = style.cut.map { max(8, ($0 - 15) / 2) } ?? .max
      line.add(places.text(move.from, columns: half))
      line.add(move.kind == .link ? " = " : " → ", .faint)
      if move.kind == .symlink {
        Printable.appendPath(move.to, cut: half, to: &line)
      } else {
        line.add(places.text(move.to, columns: half))
      }
      return line
    }
    if kept.count < moves.count, limit > 0 {
      var line = Line(margin(kept.isEmpty ? label : "", to: 12))
      line.add("… \(Words.count(moves.count - kept.count)) more; --full shows them", .faint)
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
  case mode, owner, deleted

  /// Nil where another line tells it: a name on the way to the real one, a rename, a link.
  init?(_ record: FileRecord, _ renames: Renames, isMade: Bool) {
    let counts = record.counts
    if renames.isStep(record.path) { return nil }
    if record.isGone {
      if counts[.deleted] + counts[.directoryDeleted] == 0 { return nil }
      self = .deleted
    } else if renames.isResult(record.path) {
      self = record.wasAbsent ? .created : .wrote
    } else if counts[.linked] > 0 || (counts[.renamedTo] > 0 && !isMade) {
      return nil
    } else if isMade {
      self = .created
    } else if counts[.written] + counts[.truncated] + counts[.temporary] > 0 {
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

/// Renames, without those that only finish the writing of a new file: made under a passing name, then
/// renamed to its own.
struct Renames {
  private(set) var told: [Move] = []
  private var steps: Set<ByteString> = []
  private var results: Set<ByteString> = []

  init(_ files: FileTable, _ traces: Traces) {
    for move in files.moves.sorted(by: { $0.time < $1.time }) where move.kind == .rename {
      if let from = files[move.from], from.isGone, traces.isMade(from), from.counts[.directoryCreated] == 0 {
        steps.insert(move.from)
        results.insert(move.to)
      } else {
        told.append(move)
      }
    }
  }

  func isStep(_ path: ByteString) -> Bool { steps.contains(path) }
  func isResult(_ path: ByteString) -> Bool { results.contains(path) }
}
