// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Where it connected: one line for each program and remote address.
  var connectionSection: Section {
    let contacts = Contacts(self)
    if contacts.isEmpty {
      return nothing("Where it connected", "nowhere: no connection, no datagram", of: .net)
    }
    return Section(Line("Where it connected", .heading)) { limit in
      let ends = contacts.ends
      return addressLines(contacts.rows, telling: contacts.telling, limit: limit - ends.count) + ends
    }
  }

  /// How many addresses are told however little room there is: other sections then have less.
  private static let fewestAddresses = 3

  /// A row for each address, one that is too long in several lines; and how many there is no room for.
  ///
  /// `telling`: how many of them, from the first, are worth that other sections have less.
  func addressLines(_ rows: [[Line]], telling: Int, limit: Int) -> [Line] {
    let blocks = aligned(rows).map { wrapped($0, isByParts: true) }
    let fewest = blocks.prefix(max(1, min(telling, Self.fewestAddresses)))
    let limit = max(limit, fewest.reduce(fewest.count < blocks.count ? 1 : 0) { $0 + $1.count })
    if blocks.reduce(0, { $0 + $1.count }) <= limit { return blocks.flatMap(\.self) }
    var lines: [Line] = []
    var told = 0
    for block in blocks {
      // In order: a later one that is shorter tells less.
      if lines.count + block.count >= limit { break }
      lines += block
      told += 1
    }
    if told < rows.count {
      lines.append(more(Words.count(rows.count - told, "more address", "more addresses")))
    }
    return lines
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

/// What a run's programs reached, as lines: addresses one by one, and what is only counted.
private struct Contacts {
  let view: View
  /// Programs and addresses worth a line each.
  private(set) var rows: [[Line]] = []
  /// How many of them, from the first, were there to be reached or are on another host.
  private(set) var telling = 0
  /// What everybody does: how often, by its name.
  private var habits: [(name: String, count: Int)] = []
  private var netlinks: [(name: String, count: Int)] = []
  private var deputies: [Deputy] = []

  var isEmpty: Bool { rows.isEmpty && habits.isEmpty && netlinks.isEmpty }

  private struct Key: Hashable {
    var program: ByteString
    /// Told apart only on a full page.
    var process: ProcessID?
    var transport: Transport
    var remote: SocketAddress?
    var isFolded: Bool

    var isOfDatagrams: Bool { transport.isDatagram && transport != .unix(.dgram) }
  }

  private struct Sum {
    var outcomes: [Connection.Outcome: Connection.Latencies] = [:]
    var traffic = Traffic()
  }

  init(_ view: View) {
    self.view = view
    var order: [Key] = []
    var sums: [Key: Sum] = [:]
    for entry in view.inspection.connections.entries.sorted(by: { $0.first < $1.first }) {
      if case .path(let target) = entry.remote, let path = target.path {
        note(Deputy(path: path), entry)
      } else if case .abstract(let name) = entry.remote {
        note(Deputy(abstract: name), entry)
      }
      if !view.style.isFull, let habit = Habit(entry) {
        Self.count(habit.name, entry.count, in: &habits)
        continue
      }
      if !view.style.isFull, case .netlink(let number) = entry.transport {
        Self.count(Transport.netlinkName(number), entry.count, in: &netlinks)
        continue
      }
      let key = Key(
        program: view.name(of: entry.program), process: view.style.isFull ? entry.process : nil,
        transport: entry.transport, remote: Self.plain(entry.remote), isFolded: entry.isFolded)
      if sums[key] == nil { order.append(key) }
      for (outcome, latencies) in entry.outcomes {
        sums[key, default: Sum()].outcomes[outcome, default: .init()].add(latencies)
      }
      sums[key, default: Sum()].traffic.add(entry.traffic)
    }
    let comparisons = Self.comparisons(order, sums)
    if !view.style.isFull, !comparisons.isEmpty {
      Self.count("addresses compared (UDP, no send seen)", comparisons.count, in: &habits)
      order.removeAll(where: comparisons.contains)
    }
    let ranked = order.map { (rank: Self.rank($0, sums[$0]), row: row($0, sums[$0] ?? Sum())) }.enumerated()
      .sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    rows = ranked.map(\.row)
    telling = ranked.count { $0.rank < Self.missing }
  }

  /// The rank of sockets that were not there.
  private static let missing = 5

  /// What a reader wants to know first: other hosts, then this one, whatever came of it; then what only prepares that, sockets
  /// of the machine's own services, those that failed, and last those that were not there. Among equals the earliest first.
  private static func rank(_ key: Key, _ sum: Sum?) -> Int {
    let outcomes = sum?.outcomes ?? [:]
    guard case .internet(let address) = key.remote else {
      let errors = outcomes.keys.map(\.error)
      if errors.isEmpty || errors.contains(nil) { return 3 }
      return errors.allSatisfy { $0 == .noEntry } ? missing : 4
    }
    let isPreparing =
      isNameService(key) || (key.isOfDatagrams && !outcomes.keys.contains(where: \.isOfSend))
    return isPreparing ? 2 : address.isLoopback ? 1 : 0
  }

  /// One socket, however a program spelled its name.
  private static func plain(_ address: SocketAddress?) -> SocketAddress? {
    guard case .path(let target) = address else { return address }
    return .path(PathArgument(requested: nil, path: target.path ?? target.requested))
  }

  /// UDP sockets that were given a peer, and to which nothing was seen to be sent, where the same program went there by TCP: so
  /// getaddrinfo finds out which address is the nearest.
  private static func comparisons(_ keys: [Key], _ sums: [Key: Sum]) -> Set<Key> {
    let reached = Set(
      keys.filter { $0.transport == .tcp }.map { key in
        var key = key
        key.transport = .udp
        return key
      })
    return Set(
      keys.filter { key in
        key.transport == .udp && !key.isFolded && reached.contains(key)
          && sums[key]?.outcomes[.sent] == nil
      })
  }

  private static func count(_ name: String, _ count: Int, in list: inout [(name: String, count: Int)]) {
    if let known = list.firstIndex(where: { $0.name == name }) {
      list[known].count += count
    } else {
      list.append((name, count))
    }
  }

  private mutating func note(_ deputy: Deputy?, _ entry: Connection) {
    let isReached = entry.outcomes.keys.contains { $0 == .connected || $0 == .sent || $0 == .pending }
    if let deputy, isReached, !deputies.contains(deputy) { deputies.append(deputy) }
  }

  // MARK: Lines

  /// What stands below the addresses.
  var ends: [Line] {
    var lines: [Line] = []
    func add(_ counts: [(name: String, count: Int)], _ before: String) {
      if counts.isEmpty { return }
      let words = counts.map { $0.name + ($0.count == 1 ? "" : " ×" + Words.count($0.count)) }
      lines += view.wrapped(Line("  " + before + words.joined(separator: ", "), .faint))
    }
    add(habits, "Besides: ")
    add(netlinks, "Asked the kernel by netlink: ")
    if !deputies.isEmpty {
      let names = deputies.map(\.rawValue)
      let all =
        names.count == 1
        ? names[0] : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
      lines += view.wrapped(
        Line(
          "  What \(all) \(names.count == 1 ? "does" : "do") on its behalf is not seen; honeyguide attach --cgroup can.",
          .bad))
    }
    return lines
  }

  private func row(_ key: Key, _ sum: Sum) -> [Line] {
    var remote: [UInt8] = []
    if key.isFolded {
      remote += "other addresses".utf8
    } else if let address = key.remote {
      remote += view.text(address, key.transport)
    } else {
      remote += "an address that could not be read".utf8
    }
    var program: [UInt8] = []
    Printable.appendPath(key.program, to: &program)
    if let process = key.process { program += " [pid \(process.pid)]".utf8 }
    var first = Line()
    first.add(remote)
    var second = Line()
    second.add(program, .name)
    return [first, second, result(sum, key)]
  }

  private func result(_ sum: Sum, _ key: Key) -> Line {
    var line = Line()
    let isName = Self.isNameService(key)
    let isSent = key.isOfDatagrams && sum.outcomes.keys.contains(where: \.isOfSend)
    for (outcome, latencies) in sum.outcomes.sorted(by: { rank($0.key) < rank($1.key) })
    where !isSent || outcome != .connected {
      if !line.isEmpty { line.add(", ") }
      let times = latencies.count == 1 ? "" : " ×" + Words.count(latencies.count)
      let time = latencies.range.map { range in
        Words.duration(range.lowerBound)
          + (range.lowerBound < range.upperBound ? " to " + Words.duration(range.upperBound) : "")
      }
      switch outcome {
      // Nothing goes to a peer of datagrams by this. What write sends there is not told.
      case .connected where key.isOfDatagrams:
        line.add((isName ? "name resolution" : "chosen as peer, no send seen") + times)
      case .connected: line.add("connected" + times + (time.map { " in " + $0 } ?? ""), .good)
      case .pending: line.add("not answered yet" + times + (time.map { " after " + $0 } ?? ""))
      case .failed(let error):
        line.add(Words.error(error) + times + (time.map { " after " + $0 } ?? ""), .bad)
      case .sent: line.add((isName ? "name resolution" : "sent to") + times)
      case .notSent(let error): line.add("not sent: " + Words.error(error) + times, .bad)
      }
    }
    line.add(view.text(sum.traffic), .faint)
    return line
  }

  private static func isNameService(_ key: Key) -> Bool {
    guard key.transport == .udp, case .internet(let address) = key.remote else { return false }
    return address.port == 53
  }

  private func rank(_ outcome: Connection.Outcome) -> Int32 {
    switch outcome {
    case .connected: -2
    case .sent: -1
    case .pending: .max
    case .failed(let error), .notSent(let error): error.number
    }
  }
}

extension Connection.Outcome {
  fileprivate var isOfSend: Bool {
    switch self {
    case .sent, .notSent: true
    case .connected, .pending, .failed: false
    }
  }

  /// Nil for what worked, or may have.
  fileprivate var error: ErrorNumber? {
    switch self {
    case .failed(let error), .notSent(let error): error
    case .connected, .pending, .sent: nil
    }
  }
}

extension InternetAddress {
  /// 127.0.0.0/8, ::1, and the unspecified address, which leads there.
  fileprivate var isLoopback: Bool {
    if !isIPv6 { return address.first == 127 || address.allSatisfy { $0 == 0 } }
    return address.dropLast().allSatisfy { $0 == 0 } && (address.last ?? 0) < 2
  }
}
