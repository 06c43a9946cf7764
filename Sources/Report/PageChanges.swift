// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it changed, each path under the weightiest thing that was done with it.
  var changeSection: Section? {
    var groups: [Deed: [FileRecord]] = [:]
    var crowds: [Deed: Tally] = [:]
    let renames = Renames(inspection.files)
    for record in inspection.files.records where record.counts.isChanged {
      guard let deed = Deed(record, renames) else { continue }
      if !style.isFull, let crowd = Crowd(record.path) {
        // Devices are opened to write by everything, and change nothing.
        if crowd.kind != .devices && crowd.kind != .processes { crowds[deed, default: Tally()].add(crowd) }
      } else {
        groups[deed, default: []].append(record)
      }
    }
    let pairs = renames.told
    let links = inspection.files.moves.filter { $0.kind != .rename }
    if groups.isEmpty, crowds.isEmpty, pairs.isEmpty, links.isEmpty { return nil }

    var blocks: [(Int) -> [Line]] = []
    for deed in Deed.allCases {
      if deed == .renamed, !pairs.isEmpty { blocks.append { moveLines(pairs, label: "renamed", limit: $0) } }
      if deed == .linked, !links.isEmpty { blocks.append { moveLines(links, label: "linked", limit: $0) } }
      let records = sorted(groups[deed] ?? [])
      if deed != .renamed, deed != .linked || style.isFull, !records.isEmpty {
        blocks.append { deedLines(deed, records, limit: $0) }
      }
      if let crowd = crowds[deed] {
        blocks.append { crowdLines(crowd, label: deed.rawValue, limit: min(2, $0)) }
      }
    }
    return Section(Line("What it changed", .heading)) { limit in
      if style.isFull { return blocks.flatMap { $0(.max) } }
      let shares = Page.shares(of: blocks.map { $0(limit).count }, room: limit)
      return zip(blocks, shares).flatMap { $0($1) }
    }
  }

  private func deedLines(_ deed: Deed, _ records: [FileRecord], limit: Int) -> [Line] {
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
    return nameLines(
      (told.isEmpty ? records : told).map(\.path), label: deed.rawValue, indent: 12, limit: limit)
  }

  private func moveLines(_ moves: [Move], label: String, limit: Int) -> [Line] {
    let kept = moves.prefix(moves.count > limit ? limit - 1 : limit)
    var lines = kept.enumerated().map { index, move in
      var line = Line(index == 0 || style.isFull ? "  " + label : "")
      line.tab(to: 12)
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
      var line = Line(kept.isEmpty ? "  " + label : "")
      line.tab(to: 12)
      line.add("… \(Words.count(moves.count - kept.count)) more; --full shows them", .faint)
      lines.append(line)
    }
    return lines
  }
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

/// What was done with a path, the weightiest first.
enum Deed: String, CaseIterable {
  case deleted, created, wrote
  case opened = "opened rw"
  case renamed, linked
  case mode, owner
  case passed = "passing"

  init?(_ record: FileRecord, _ renames: Renames) {
    let counts = record.counts
    if renames.isStep(record.path) {
      // A temporary name that became the real one: the real one is told.
      return nil
    }
    if renames.isResult(record.path), !record.isGone {
      self = record.wasAbsent ? .created : .wrote
    } else if record.isPassing {
      self = .passed
    } else if record.isGone {
      self =
        counts[.renamedFrom] > 0 && counts[.deleted] + counts[.directoryDeleted] == 0 ? .renamed : .deleted
    } else if record.isCreated {
      self = counts[.linked] > 0 ? .linked : .created
    } else if counts[.written] + counts[.truncated] > 0 {
      self = .wrote
    } else if counts[.readWritten] > 0 {
      self = .opened
    } else if counts[.renamedTo] > 0 {
      self = .renamed
    } else if counts[.modeChanged] > 0 {
      self = .mode
    } else if counts[.ownerChanged] > 0 {
      self = .owner
    } else {
      self = .passed
    }
  }
}

/// Renames, without those that only finish the writing of a new file: made under a passing name, then
/// renamed to its own.
struct Renames {
  private(set) var told: [Move] = []
  private var steps: Set<ByteString> = []
  private var results: Set<ByteString> = []

  init(_ files: FileTable) {
    for move in files.moves.sorted(by: { $0.time < $1.time }) where move.kind == .rename {
      if files[move.from]?.isPassing == true {
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
