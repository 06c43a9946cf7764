// SPDX-License-Identifier: Apache-2.0

/// An address that one program listened on, or bound a socket to.
public struct Service: Sendable {
  public internal(set) var program: Program.ID
  public internal(set) var transport: Transport
  /// Nil where it could not be read, or when `isFolded`.
  public internal(set) var local: SocketAddress?
  /// Any address: there were too many to tell them apart.
  public internal(set) var isFolded = false
  /// Nanoseconds since boot.
  public internal(set) var first: UInt64
  public internal(set) var listens = 0
  public internal(set) var binds = 0
  /// How often bind, listen or accept failed, by the reason.
  public internal(set) var failures: [ErrorNumber: Int] = [:]
  /// Connections that came in, all and by the host they came from.
  public internal(set) var accepted = 0
  public internal(set) var hosts: [SocketAddress: Int] = [:]
  /// Those from hosts beyond the first ones.
  public internal(set) var fromOtherHosts = 0
  public internal(set) var traffic = Traffic()
}

/// What the programs of a run offered to others.
public struct ServiceTable: Sendable {
  public private(set) var entries: [Service] = []
  private var positions: [Key: Int] = [:]
  private let limit: Int
  private static let mostHosts = 32

  private struct Key: Hashable {
    var program: Program.ID
    var transport: Transport
    var local: SocketAddress?
    var isFolded = false
  }

  init(_ limits: Limits) { limit = limits.connections }

  var memory: Int {
    entries.capacity * MemoryLayout<Service>.stride
      + entries.reduce(0) { $0 + 320 + $1.hosts.count * 120 }
  }

  mutating func add(_ listen: Listen, by program: Program.ID, at time: UInt64) {
    let position = position(listen.transport, listen.local, program, at: time)
    if let error = listen.error {
      entries[position].failures[error, default: 0] += 1
    } else {
      entries[position].listens += 1
    }
  }

  mutating func add(_ bind: Bind, by program: Program.ID, at time: UInt64) {
    let position = position(bind.transport, bind.local, program, at: time)
    if let error = bind.error {
      entries[position].failures[error, default: 0] += 1
    } else {
      entries[position].binds += 1
    }
  }

  mutating func add(_ accept: Accept, by program: Program.ID, at time: UInt64) {
    let position = listener(accept.transport, accept.local, program, at: time)
    if let error = accept.error {
      entries[position].failures[error, default: 0] += 1
      return
    }
    entries[position].accepted += 1
    guard case .internet(var host) = accept.remote else { return }
    host.port = 0
    let remote = SocketAddress.internet(host)
    if entries[position].hosts[remote] != nil || entries[position].hosts.count < Self.mostHosts {
      entries[position].hosts[remote, default: 0] += 1
    } else {
      entries[position].fromOtherHosts += 1
    }
  }

  /// The close of a connection that came in.
  mutating func add(_ close: Close, by program: Program.ID, at time: UInt64) {
    let position = listener(close.transport, close.local, program, at: time)
    entries[position].traffic.add(Traffic(sent: close.sent, received: close.received))
  }

  /// Who listens where a connection came in: at that very address, or at any address with its port.
  private mutating func listener(
    _ transport: Transport, _ local: SocketAddress?, _ program: Program.ID, at time: UInt64
  ) -> Int {
    var candidates = [local]
    if case .internet(let address) = local {
      candidates.append(.internet([0, 0, 0, 0], port: address.port))
      candidates.append(.internet([UInt8](repeating: 0, count: 16), port: address.port))
    }
    for candidate in candidates {
      if let known = positions[Key(program: program, transport: transport, local: candidate)] { return known }
    }
    // Handed down by a program that listened, and then executed another.
    for candidate in candidates {
      if let known = entries.firstIndex(where: {
        $0.transport == transport && $0.local == candidate && $0.listens > 0
      }) {
        return known
      }
    }
    return position(transport, local, program, at: time)
  }

  private mutating func position(
    _ transport: Transport, _ local: SocketAddress?, _ program: Program.ID, at time: UInt64
  ) -> Int {
    var key = Key(program: program, transport: transport, local: local)
    if positions[key] == nil, entries.count >= limit {
      key.local = nil
      key.isFolded = true
    }
    let position = positions[key] ?? entries.count
    if position == entries.count {
      positions[key] = position
      entries.append(
        Service(
          program: program, transport: transport, local: key.local, isFolded: key.isFolded, first: time))
    }
    entries[position].first = min(entries[position].first, time)
    return position
  }
}
