// SPDX-License-Identifier: Apache-2.0

/// What one process did towards one remote address: attempts to connect, datagrams to it, bytes.
public struct Connection: Sendable {
  /// Nil where those of several processes are together (past `Limits.connections`).
  public internal(set) var process: ProcessID?
  public internal(set) var program: Program.ID
  public internal(set) var transport: Transport
  /// Nil when the program's memory could not be read, or when `isFolded`.
  public internal(set) var remote: SocketAddress?
  /// Any address: there were too many to tell them apart.
  public internal(set) var isFolded = false
  /// The first result, in nanoseconds since boot.
  public internal(set) var first: UInt64
  public internal(set) var outcomes: [Outcome: Latencies] = [:]
  public internal(set) var traffic = Traffic()

  public enum Outcome: Hashable, Sendable {
    case connected
    case pending
    case failed(ErrorNumber)
    /// Datagrams to it, whether the socket was connected before or not; told once for each socket.
    case sent
    case notSent(ErrorNumber)
  }

  /// How often, and how long it took.
  public struct Latencies: Hashable, Sendable {
    public internal(set) var count: Int
    /// From the call of connect to the result, in nanoseconds, from the shortest to the longest; nil where
    /// no beginning was seen.
    public internal(set) var range: ClosedRange<UInt64>?

    public init(count: Int = 0, range: ClosedRange<UInt64>? = nil) {
      self.count = count
      self.range = range
    }
  }

  public var count: Int { outcomes.values.reduce(0) { $0 + $1.count } }
}

/// Bytes of data of TCP connections, as far as they had come when each closed or the run ended.
public struct Traffic: Hashable, Sendable {
  public internal(set) var sent: UInt64 = 0
  public internal(set) var received: UInt64 = 0

  public init(sent: UInt64 = 0, received: UInt64 = 0) {
    self.sent = sent
    self.received = received
  }

  public mutating func add(_ other: Traffic) {
    sent &+= other.sent
    received &+= other.received
  }
}

/// The connections of a run.
public struct ConnectionTable: Sendable {
  public private(set) var entries: [Connection] = []
  private var positions: [Key: Int] = [:]
  private let limit: Int

  private struct Key: Hashable {
    var process: ProcessID?
    var program: Program.ID
    var transport: Transport
    var remote: SocketAddress?
    var isFolded = false
  }

  init(_ limits: Limits) { limit = limits.connections }

  var memory: Int { entries.capacity * MemoryLayout<Connection>.stride + entries.count * 320 }

  mutating func add(_ connect: Connect, process: ProcessID, program: Program.ID, at time: UInt64) {
    let position = position(connect.transport, connect.remote, process, program, at: time)
    let outcome: Connection.Outcome =
      connect.isPending ? .pending : connect.error.map { .failed($0) } ?? .connected
    entries[position].outcomes[
      outcome, default: .init(count: 0)
    ].add(.init(count: 1, range: connect.latency.map { $0...$0 }))
  }

  mutating func add(_ send: Send, process: ProcessID, program: Program.ID, at time: UInt64) {
    let position = position(send.transport, send.remote, process, program, at: time)
    let outcome: Connection.Outcome = send.error.map { .notSent($0) } ?? .sent
    entries[position].outcomes[outcome, default: .init(count: 0)].add(.init(count: 1))
  }

  mutating func add(_ close: Close, process: ProcessID, program: Program.ID, at time: UInt64) {
    let position = position(close.transport, close.remote, process, program, at: time)
    entries[position].traffic.add(Traffic(sent: close.sent, received: close.received))
  }

  private mutating func position(
    _ transport: Transport, _ remote: SocketAddress?, _ process: ProcessID, _ program: Program.ID,
    at time: UInt64
  ) -> Int {
    var key = Key(process: process, program: program, transport: transport, remote: remote)
    // Past the limit without the process, past twice the limit without the address.
    if positions[key] == nil, entries.count >= limit { key.process = nil }
    if positions[key] == nil, entries.count >= 2 * limit {
      key.remote = nil
      key.isFolded = true
    }
    let position = positions[key] ?? entries.count
    if position == entries.count {
      positions[key] = position
      entries.append(
        Connection(
          process: key.process, program: program, transport: key.transport, remote: key.remote,
          isFolded: key.isFolded, first: time))
    }
    entries[position].first = min(entries[position].first, time)
    return position
  }
}

extension Connection.Latencies {
  public mutating func add(_ other: Self) {
    count += other.count
    guard let added = other.range else { return }
    range =
      range.map { min($0.lowerBound, added.lowerBound)...max($0.upperBound, added.upperBound) } ?? added
  }
}
