// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Where it connected: one line for each program and remote address.
  var connectionSection: Section {
    let rows = connectionRows()
    if rows.isEmpty {
      return nothing(
        "Where it connected", "no TCP connection (UDP, Unix sockets and listening are not watched)", of: .net)
    }
    return Section(Line("Where it connected", .heading)) { limit in
      var lines = aligned(Array(rows.prefix(rows.count > limit ? limit - 1 : limit)))
      if lines.count < rows.count {
        lines.append(more(Words.count(rows.count - lines.count, "more address", "more addresses")))
      }
      return lines
    }
  }

  private struct Key: Hashable {
    var program: ByteString
    /// Told apart only on a full page.
    var process: ProcessID?
    var remote: SocketAddress?
    var isFolded: Bool
  }

  private func connectionRows() -> [[Line]] {
    var order: [Key] = []
    var sums: [Key: [Connection.Outcome: Connection.Latencies]] = [:]
    for entry in inspection.connections.entries.sorted(by: { $0.first < $1.first }) {
      let key = Key(
        program: name(of: entry.program), process: style.isFull ? entry.process : nil, remote: entry.remote,
        isFolded: entry.isFolded)
      if sums[key] == nil { order.append(key) }
      for (outcome, latencies) in entry.outcomes {
        sums[key, default: [:]][outcome, default: .init()].add(latencies)
      }
    }
    return order.map { key in
      var remote: [UInt8] = []
      if let address = key.remote, [4, 16].contains(address.address.count) {
        address.appendEndpoint(to: &remote)
      } else {
        remote += (key.isFolded ? "other addresses" : "an address that could not be read").utf8
      }
      var program: [UInt8] = []
      Printable.appendPath(key.program, to: &program)
      if let process = key.process { program += " [pid \(process.pid)]".utf8 }
      var first = Line()
      first.add(remote)
      var second = Line()
      second.add(program, .name)
      return [first, second, result(sums[key] ?? [:])]
    }
  }

  private func result(_ outcomes: [Connection.Outcome: Connection.Latencies]) -> Line {
    var line = Line()
    for (outcome, latencies) in outcomes.sorted(by: { rank($0.key) < rank($1.key) }) {
      if !line.isEmpty { line.add(", ") }
      let times = latencies.count == 1 ? "" : " ×" + Words.count(latencies.count)
      let time = latencies.range.map { range in
        Words.duration(range.lowerBound)
          + (range.count > 1 ? " to " + Words.duration(range.upperBound) : "")
      }
      switch outcome {
      case .connected: line.add("connected" + times + (time.map { " in " + $0 } ?? ""), .good)
      case .pending: line.add("not answered yet" + times + (time.map { " after " + $0 } ?? ""))
      case .failed(let error):
        line.add(Words.error(error) + times + (time.map { " after " + $0 } ?? ""), .bad)
      }
    }
    return line
  }

  private func rank(_ outcome: Connection.Outcome) -> Int32 {
    switch outcome {
    case .connected: -1
    case .pending: .max
    case .failed(let error): error.number
    }
  }

  /// Rows in columns; a long cell pushes the rest of its own row only.
  func aligned(_ rows: [[Line]], indent: Int = 2) -> [Line] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      min(32, rows.map { column < $0.count - 1 ? $0[column].columns : 0 }.max() ?? 0)
    }
    return rows.map { row in
      var line = Line()
      var start = indent
      for (column, cell) in row.enumerated() {
        if column == 0 { line.add(String(repeating: " ", count: indent)) } else { line.tab(to: start) }
        line.add(cell)
        start = max(start, 0) + widths[column] + 2
      }
      return line
    }
  }
}
