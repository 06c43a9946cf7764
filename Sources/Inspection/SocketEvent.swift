// SPDX-License-Identifier: Apache-2.0

/// Something done with a socket. A nil address is one that could not be read or was not known, as each says.
public enum SocketEvent: Hashable, Sendable {
  case connect(Connect)
  case accept(Accept)
  case listen(Listen)
  case bind(Bind)
  case send(Send)
  case close(Close)
}

extension Event.Body {
  public static func connect(_ connect: Connect) -> Event.Body { .socket(.connect(connect)) }
}

/// An attempt to reach a peer, with how it ended.
public struct Connect: Hashable, Sendable {
  public var transport: Transport
  /// Nil where the attempt failed before an address was chosen, and where the socket has none.
  public var local: SocketAddress?
  /// Nil only when the program's memory could not be read.
  public var remote: SocketAddress?
  /// Nil when it succeeded or is pending.
  public var error: ErrorNumber?
  /// The outcome was not known when the socket was closed or the run ended.
  public var isPending: Bool
  /// From the call of connect to the result, in nanoseconds; nil where only its end is seen: for all but TCP, and where
  /// connect itself refused.
  public var latency: UInt64?

  public init(
    transport: Transport, local: SocketAddress?, remote: SocketAddress?, error: ErrorNumber?,
    isPending: Bool, latency: UInt64?
  ) {
    self.transport = transport
    self.local = local
    self.remote = remote
    self.error = error
    self.isPending = isPending
    self.latency = latency
  }
}

/// A connection that came in, or an accept that failed (but for want of one).
public struct Accept: Hashable, Sendable {
  public var transport: Transport
  /// The new socket; nil: it failed.
  public var descriptor: Int32?
  public var local: SocketAddress?
  /// Nil where the family has none to tell.
  public var remote: SocketAddress?
  public var error: ErrorNumber?

  public init(
    transport: Transport, descriptor: Int32?, local: SocketAddress?, remote: SocketAddress?,
    error: ErrorNumber?
  ) {
    self.transport = transport
    self.descriptor = descriptor
    self.local = local
    self.remote = remote
    self.error = error
  }
}

/// A socket that waits for connections from now on.
public struct Listen: Hashable, Sendable {
  public var transport: Transport
  public var local: SocketAddress?
  /// How many may wait, as the program asked.
  public var backlog: Int32
  public var error: ErrorNumber?

  public init(transport: Transport, local: SocketAddress?, backlog: Int32, error: ErrorNumber?) {
    self.transport = transport
    self.local = local
    self.backlog = backlog
    self.error = error
  }
}

/// An address that was given to a socket: the one it has then, or the one that was asked for in vain.
public struct Bind: Hashable, Sendable {
  public var transport: Transport
  /// Nil when the program's memory could not be read.
  public var local: SocketAddress?
  public var error: ErrorNumber?

  public init(transport: Transport, local: SocketAddress?, error: ErrorNumber?) {
    self.transport = transport
    self.local = local
    self.error = error
  }
}

/// The first datagram of a socket to a peer, which the call names or an earlier connect did, and the first with each failure.
public struct Send: Hashable, Sendable {
  public var transport: Transport
  /// The system call's name.
  public var call: String
  public var local: SocketAddress?
  public var remote: SocketAddress?
  public var error: ErrorNumber?

  public init(
    transport: Transport, call: String, local: SocketAddress?, remote: SocketAddress?, error: ErrorNumber?
  ) {
    self.transport = transport
    self.call = call
    self.local = local
    self.remote = remote
    self.error = error
  }
}

/// The end of a TCP connection.
public struct Close: Hashable, Sendable {
  public var transport: Transport
  public var local: SocketAddress?
  public var remote: SocketAddress?
  /// Bytes of data that the peer has acknowledged, and that came from it.
  public var sent: UInt64
  public var received: UInt64
  /// Since it was established or accepted, in nanoseconds; nil where nobody saw when that was, or when it ended.
  public var duration: UInt64?
  /// False: the run ended first, and this is how far it had come.
  public var isFinal: Bool
  /// It came in (accept), it did not go out (connect).
  public var isAccepted: Bool

  public init(
    transport: Transport, local: SocketAddress?, remote: SocketAddress?, sent: UInt64, received: UInt64,
    duration: UInt64?, isFinal: Bool, isAccepted: Bool
  ) {
    self.transport = transport
    self.local = local
    self.remote = remote
    self.sent = sent
    self.received = received
    self.duration = duration
    self.isFinal = isFinal
    self.isAccepted = isAccepted
  }
}
