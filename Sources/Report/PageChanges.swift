// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What it changed, each path under the weightiest thing that was done with it.
  var changeSection: Section {
    var groups: [Deed: [FileRecord]] = [:]
    var grants: [Grant: [FileRecord]] = [:]
    var crowds: [Deed: Tally] = [:]
    var passing: [ByteString: Int] = [:]
    let carried = style.isFull ? [:] : placesOfCarried()
    let taken = Set(carried.values)
    for original in inspection.files.records where original.counts.isChanged {
      let place = carried[original.path]
      if place == nil, !style.isFull, traces.isMade(original), journeys.place(of: original) != nil {
        continue
      }
      let record = place.map { original.moved(to: $0) } ?? original
      let isMade = traces.isMade(original)
      if !style.isFull {
        if !isMade, journeys.isLost(record.path) { continue }
        // It is told by the name that it got.
        if record.isNamed { continue }
        if let place = passingPlace(record) {
          passing[place, default: 0] += 1
          continue
        }
      }
      let crowd = crowd(ofChanged: record.path)
      // /dev/null and its like are opened to write by everything, and change nothing.
      if crowd?.kind == .devices { continue }
      let isNew = isMade || (journeys.isResult(record.path) && traces.isInMade(record.path))
      var deed = Deed(record, journeys, isMade: isNew) ?? (style.isFull ? .passed : nil)
      // What was carried here is said to be created.
      if place == nil, taken.contains(record.path), deed != .deleted { deed = nil }
      if deed != .deleted, crowd == nil || record.rights.isWeighty {
        for grant in Grant.all(record.rights, deed: deed, style.names) {
          grants[grant, default: []].append(record)
        }
      }
      guard let deed else { continue }
      if let crowd {
        crowds[deed, default: Tally()].add(crowd)
      } else if deed != .mode, deed != .owner {
        groups[deed, default: []].append(record)
      }
    }
    let renamed = renames(&crowds)
    let links = inspection.files.moves.filter {
      guard $0.kind != .rename else { return false }
      let name = style.isFull ? $0.name : journeys.links[$0.name] ?? $0.name
      return style.isFull
        || !(traces.isPassing(name) || crowd(ofChanged: name) != nil
          || inspection.files[name]?.isGone == true)
    }
    let refused = refusals

    var blocks: [(Int) -> [Line]] = []
    // What has its name again was written after the rename: told in that order.
    let isFirst = renamed.contains {
      $0.sign == Renamed.moved && inspection.files[$0.names[0]]?.isGone == false
    }
    if isFirst { blocks.append { renameLines(renamed, limit: $0) } }
    for deed in Deed.allCases {
      if deed == .renamed, !renamed.isEmpty, !isFirst { blocks.append { renameLines(renamed, limit: $0) } }
      if deed == .linked, !links.isEmpty {
        let places = carried.merging(style.isFull ? [:] : journeys.links) { $1 }
        blocks.append { linkLines(links, places, limit: $0) }
      }
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
    blocks += refusalBlocks(refused)
    if !passing.isEmpty { blocks.append { _ in [passingLine(passing)] } }
    if blocks.isEmpty {
      let left = changesLeftOut.map { "nothing that was told; " + $0 }
      return nothing(
        "What it changed", left ?? "no file was made, written, renamed or deleted", of: .change, .open)
    }
    let given = grants.values.joined().filter { crowd(ofChanged: $0.path) == nil }
    let named = Set(groups.values.joined().map(\.path)).union(given.map(\.path)).count
    let moved = renamed.count + links.count + (style.isFull ? 0 : journeys.lost.count)
    let total = crowds.values.reduce(named + moved) { $0 + $1.total }
    var heading = Line("What it changed", .heading)
    if total > 0 {
      heading.add("  " + Words.count(total, "path"), .faint)
    } else if passing.isEmpty {
      heading.add("  nothing, though it was tried", .faint)
    }
    if let changesLeftOut {
      heading.add((total > 0 || passing.isEmpty ? "; " : "  ") + changesLeftOut, .faint)
    }
    return Section(heading) { limit in
      if style.isFull { return blocks.flatMap { $0(.max) } }
      let shares = Page.shares(of: blocks.map { $0(limit).count }, room: limit)
      return zip(blocks, shares).flatMap { $0($1) }
    }
  }

  /// Which half of the changes `--only` left out; nil: neither, or both.
  private var changesLeftOut: String? {
    let filter = inspection.start.filter
    switch (filter.has(.change), filter.has(.open)) {
    case (true, false): return "what opens made or wrote is left out by --only"
    case (false, true): return "what was changed without an open (renamed, deleted, …) is left out by --only"
    case (true, true), (false, false): return nil
    }
  }

  /// What the run made in directories that it made and renamed: by its first name the one that it has at the end.
  private func placesOfCarried() -> [ByteString: ByteString] {
    var carried: [ByteString: ByteString] = [:]
    for record in inspection.files.records where record.counts.isChanged && traces.isMade(record) {
      guard let place = journeys.place(of: record) else { continue }
      // What was deleted there is told by the name that it had then.
      if inspection.files[place]?.isGone != true { carried[record.path] = place }
    }
    return carried
  }

  /// Where something came and went again; nil for what stays, or was there before.
  private func passingPlace(_ record: FileRecord) -> ByteString? {
    if journeys.isPassed(record.path), !traces.isMade(record) { return nil }
    var place = traces.passing(record)
    if place == nil, record.isGone, record.counts[.deleted] + record.counts[.directoryDeleted] > 0,
      journeys.isOwn(record.path)
    {
      place = record.path.directory
    }
    // Git's own files are all in one place.
    if let crowd = place.flatMap({ Crowd($0) }), crowd.kind == .git { return crowd.place ?? place }
    return place
  }

  /// The names of each thing that was renamed; of a full page those of each rename. What stayed within one crowd is counted
  /// there.
  private func renames(_ crowds: inout [Deed: Tally]) -> [Renamed] {
    let moves = inspection.files.moves.filter { $0.kind == .rename && (style.isFull || $0.isExchange) }
    var told = moves.map { Renamed($0) }
    if style.isFull { return told }
    for names in journeys.told.map(\.names) {
      if let crowd = names.first.flatMap(crowd(ofChanged:)), crowd == names.last.flatMap(crowd(ofChanged:)) {
        crowds[.renamed, default: Tally()].add(crowd)
      } else {
        told.append(Renamed(names: names))
      }
    }
    return told
  }

  /// "and 131 temporary files came and went below /tmp, ~/.ansible/tmp"
  private func passingLine(_ passing: [ByteString: Int]) -> Line {
    let total = passing.values.reduce(0, +)
    let first = Line("  and \(Words.count(total, "temporary file")) came and went below ")
    // What lies below another of them is told with that.
    var sums: [ByteString: Int] = [:]
    for (place, count) in passing {
      let above = passing.keys.filter { place.isBelow($0) }.min { $0.count < $1.count } ?? place
      sums[above, default: 0] += count
    }
    let ranked = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
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
}
