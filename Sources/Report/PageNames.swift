// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Paths as a few rows: a directory, and the names below it, as far as one row holds them.
struct NameRows {
  struct Row {
    /// The directory's parts; of a lone path all but its name.
    var directory: [ArraySlice<UInt8>]
    /// Relative to `directory`, with directories in between where a row stands for a whole subtree.
    var names: [[ArraySlice<UInt8>]]
    /// When the first of its names came.
    var rank: Int

    /// "./roles/"; "/" for the root. Within so many columns, directories in the middle give way first.
    func label(columns limit: Int) -> [UInt8] {
      if directory.count == 1, directory[0].isEmpty { return [UInt8(ascii: "/")] }
      return Places.text(directory, columns: max(4, limit - 1)) + [UInt8(ascii: "/")]
    }
    var isLone: Bool { names.count == 1 }

    /// Moves the directories that all names share into the label.
    mutating func deepen() {
      while names.count > 1, let part = names[0].first, names.allSatisfy({ $0.count > 1 && $0[0] == part }) {
        directory.append(part)
        for index in names.indices { names[index].removeFirst() }
      }
    }
  }
  private(set) var rows: [Row] = []

  /// - Parameters:
  ///   - paths: in parts, as `Places.parts` gives them, in the order of their telling.
  ///   - room: the columns a row may have.
  ///   - limit: how many rows may come out; directories are joined until they fit, even where a row then
  ///     cannot hold its names.
  init(_ paths: [[ArraySlice<UInt8>]], room: Int, limit: Int) {
    var trie = Trie()
    for (rank, path) in paths.enumerated() { trie.insert(path, rank: rank) }
    let deepest = trie.deepest
    var depth = deepest
    while true {
      rows = []
      trie.emit(into: &rows, room: room, depth: depth)
      if rows.count <= limit || depth <= 1 { break }
      depth -= 1
    }
    rows.sort { $0.rank < $1.rank }
    for index in rows.indices { rows[index].deepen() }
  }

  private struct Trie {
    struct Node {
      var part: ArraySlice<UInt8>
      var parent: Int
      var depth: Int
      /// Indices of children that are directories, in order of arrival.
      var directories: [Int] = []
      var files: [(name: ArraySlice<UInt8>, rank: Int)] = []
      /// Of all files below: how many, the columns of their names, of the directories in between, and the
      /// smallest rank.
      var count = 0
      var width = 0
      var rank = Int.max
    }
    var nodes: [Node] = []
    var tops: [Int] = []
    private var children: [Key: Int] = [:]
    private struct Key: Hashable {
      var parent: Int
      var part: ArraySlice<UInt8>
    }

    var deepest: Int { (nodes.map(\.depth).max() ?? 0) + 1 }

    mutating func insert(_ path: [ArraySlice<UInt8>], rank: Int) {
      var node = -1
      for (depth, part) in path.dropLast().enumerated() {
        let key = Key(parent: node, part: part)
        if let known = children[key] {
          node = known
          continue
        }
        let new = nodes.count
        nodes.append(Node(part: part, parent: node, depth: depth))
        if node < 0 { tops.append(new) } else { nodes[node].directories.append(new) }
        children[key] = new
        node = new
      }
      guard node >= 0, let name = path.last else { return }
      nodes[node].files.append((name, rank))
      // Escapes may make a name longer than its bytes; a row is measured again when it is written.
      var width = name.count + 2
      while node >= 0 {
        nodes[node].count += 1
        nodes[node].width += width
        nodes[node].rank = min(nodes[node].rank, rank)
        width += nodes[node].part.count + 1
        node = nodes[node].parent
      }
    }

    func parts(_ node: Int) -> [ArraySlice<UInt8>] {
      var parts: [ArraySlice<UInt8>] = []
      var node = node
      while node >= 0 {
        parts.append(nodes[node].part)
        node = nodes[node].parent
      }
      return parts.reversed()
    }

    func emit(into rows: inout [Row], room: Int, depth limit: Int) {
      var stack = Array(tops.reversed())
      while let index = stack.popLast() {
        let node = nodes[index]
        // The root alone says nothing: it is joined only when there is no other way.
        let isRoot = node.depth == 0 && node.part.isEmpty
        let label = parts(index)
        let used = label.reduce(2) { $0 + $1.count + 1 }
        let isForced = node.depth >= limit - 1
        if isForced || (!isRoot && used + node.width <= room) {
          let names = all(below: index)
          rows.append(Row(directory: label, names: names, rank: node.rank))
          continue
        }
        if !node.files.isEmpty {
          rows.append(
            Row(
              directory: label, names: node.files.map { [$0.name] },
              rank: node.files.map(\.rank).min() ?? 0))
        }
        stack += node.directories.reversed()
      }
    }

    /// The names below, each with the directories that lead to it, in order of their rank.
    private func all(below top: Int) -> [[ArraySlice<UInt8>]] {
      var names: [(path: [ArraySlice<UInt8>], rank: Int)] = []
      var stack: [(node: Int, path: [ArraySlice<UInt8>])] = [(top, [])]
      while let (node, path) = stack.popLast() {
        for file in nodes[node].files { names.append((path + [file.name], file.rank)) }
        for directory in nodes[node].directories { stack.append((directory, path + [nodes[directory].part])) }
      }
      return names.sorted { $0.rank < $1.rank }.map(\.path)
    }
  }
}

extension View {
  /// Paths in at most `limit` lines that begin at column `indent`, the first one after `label`; the directory
  /// in its own ink.
  func nameLines(
    _ paths: [ByteString], label title: String = "", indent: Int, limit: Int, what: String = "files"
  ) -> [Line] {
    if paths.isEmpty || limit < 1 { return [] }
    let room = style.wrap - indent
    let all = NameRows(paths.map { places.parts(of: $0) }, room: room, limit: limit).rows
    // Where there is one line, some names say more than how many there are.
    let kept = all.prefix(all.count > limit ? max(1, limit - 1) : limit)
    let others = limit == 1 ? all.dropFirst().reduce(0) { $0 + $1.names.count } : 0
    // What the rows leave goes to those that cannot hold their names, the first ones first.
    var spare = limit == .max ? 0 : limit - min(limit, all.count)
    let labels = labels(Array(kept))
    var lines = kept.enumerated().flatMap { index, row -> [Line] in
      var first = Line(margin(index == 0 ? title : "", to: indent))
      let rest = "  +\(Words.count(others)) more"
      if row.isLone {
        let room = style.commandCut.map { max(8, $0 - indent - (others > 0 ? rest.utf8.count : 0)) } ?? .max
        first.add(places.text(joined(row), columns: room))
        if others > 0 { first.add(rest, .faint) }
        return [first]
      }
      first.add(labels[index], .name)
      first.add("  ")
      var items = row.names.map { name -> Line in
        var item = Line()
        var text = Places.text(name)
        // A name that begins below the root would read as absolute.
        if text.first == UInt8(ascii: "/") { text.removeFirst() }
        var cut: [UInt8] = []
        Printable.appendCut(
          text, columns: style.commandCut.map { max(8, $0 - first.columns) } ?? .max, to: &cut)
        item.add(cut)
        return item
      }
      // What follows counts as one item, and stands for all others.
      if others > 0 { items.append(Line("+\(Words.count(others)) more", .faint)) }
      let block = flow(items, first: first, indent: indent + 4, limit: 1 + min(spare, 3)) {
        "+\(Words.count($0 + max(0, others - 1))) more"
      }
      spare -= block.count - 1
      return block
    }
    if kept.count < all.count, limit > 1 {
      let rest = all.dropFirst(kept.count).reduce(0) { $0 + $1.names.count }
      var line = Line(margin(lines.isEmpty ? title : "", to: indent))
      line.add("… \(Words.count(rest)) more \(what); --full shows them", .faint)
      lines.append(line)
    }
    return lines
  }

  /// The rows' directories, each in two fifths of the page, or in as much as it takes for no two of them to be the same text.
  private func labels(_ rows: [NameRows.Row]) -> [[UInt8]] {
    guard let cut = style.cut else { return rows.map { $0.label(columns: .max) } }
    return Self.distinct(rows, columns: max(8, cut * 2 / 5), most: max(8, cut * 3 / 4)) {
      $0.label(columns: $1)
    }
  }

  /// Each thing's text in so many columns; where two look alike, in more, up to `most`.
  static func distinct<Thing>(
    _ things: [Thing], columns: Int, most: Int, text: (Thing, Int) -> [UInt8]
  ) -> [[UInt8]] {
    var texts = things.map { text($0, columns) }
    for columns in stride(from: columns + 4, through: max(columns, most), by: 4) {
      var counts: [[UInt8]: Int] = [:]
      for text in texts { counts[text, default: 0] += 1 }
      let alike = texts.indices.filter { counts[texts[$0]] ?? 0 > 1 }
      if alike.isEmpty { break }
      for index in alike { texts[index] = text(things[index], columns) }
    }
    return texts
  }

  /// A title at column 2, filled up with spaces; always ends in one.
  func margin(_ title: String, to column: Int) -> String {
    let start = "  " + title
    return start + String(repeating: " ", count: max(title.isEmpty ? 0 : 1, column - start.count))
  }

  private func joined(_ row: NameRows.Row) -> ByteString {
    // Back to the path as the kernel has it.
    var parts = row.directory + (row.names.first ?? [])
    let top = parts.removeFirst()
    let base: ByteString
    switch Array(top) {
    case Array(".".utf8): base = places.cwd ?? ""
    case Array("~".utf8): base = places.home ?? ""
    case Array("?".utf8): return ByteString(parts.joined(separator: [UInt8(ascii: "/")]))
    default: base = ""
    }
    return ByteString(base.bytes + parts.flatMap { [UInt8(ascii: "/")] + $0 })
  }
}
