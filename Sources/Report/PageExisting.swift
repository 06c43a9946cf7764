// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What was open when the inspection attached; nil where it ran a command.
  var existingSection: Section? {
    guard inspection.start.attached != nil else { return nil }
    let table = inspection.existing
    if table.descriptors == 0 {
      return nothing(
        "Open at the start", inspection.start.filter.has(.open) ? "nothing" : "no socket", of: .open, .net)
    }
    var rows: [(line: Line, rank: Int, text: [UInt8])] = []
    var uncounted = table.others
    for (place, use) in table.places {
      let rank = rank(place, use)
      if rank == Self.dull, !style.isFull {
        uncounted += use.descriptors
        continue
      }
      var line = Line("  ")
      let text = use.socket.map(Self.text) ?? places.text(place.path)
      line.add(text, .name)
      if use.descriptors > 1 { line.add(" ×" + Words.count(use.descriptors)) }
      if use.isWritten, use.socket == nil { line.add("  for writing", .faint) }
      if use.isDeleted { line.add("  deleted", .faint) }
      rows.append((line, rank, text))
    }
    rows.sort { $0.rank != $1.rank ? $0.rank < $1.rank : $0.text.lexicographicallyPrecedes($1.text) }
    var heading = Line("Open at the start", .heading)
    heading.add("  " + Words.count(table.descriptors, "descriptor"), .faint)
    let wanted = rows.count + (uncounted > 0 ? 1 : 0)
    let lines = rows.map(\.line)
    return Section(heading) { limit in
      let isAll = wanted <= limit
      let shown = lines.prefix(isAll ? limit : max(0, limit - 1))
      var text = Array(shown)
      if !isAll {
        text.append(more(Words.count(wanted - shown.count) + " more"))
      } else if uncounted > 0 {
        text.append(more(Words.count(uncounted, "descriptor") + " of pipes, devices and the like"))
      }
      return text
    }
  }

  private static let dull = 4

  /// Who is listened to, whom it speaks with, what it writes, what it reads; the rest.
  private func rank(_ place: ExistingTable.Place, _ use: ExistingTable.Use) -> Int {
    switch place.kind {
    case .socket:
      guard let socket = use.socket, socket.local != nil || socket.remote != nil else { return Self.dull }
      return socket.remote == nil ? 0 : 1
    case .file, .fifo, .block:
      // A memfd, or a pipe without a name.
      let isDull = !place.path.isAbsolute || place.path.isBelow("/proc") || place.path.isBelow("/sys")
      if isDull { return Self.dull }
      return use.isWritten ? 2 : 3
    case .directory: return 3
    case .symlink, .character, .other: return Self.dull
    }
  }

  private static func text(_ socket: ExistingFile.Socket) -> [UInt8] {
    var text = Array((socket.transport.name + " ").utf8)
    if let local = socket.local { local.append(to: &text) }
    if let remote = socket.remote {
      text += " to ".utf8
      remote.append(to: &text)
    }
    if let state = socket.state, state != "established" { text += ", \(state)".utf8 }
    return text
  }
}

extension ByteString {
  fileprivate func isBelow(_ directory: String) -> Bool { bytes.starts(with: (directory + "/").utf8) }
}
