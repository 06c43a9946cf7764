// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

extension Decoder {
  /// What was done with a socket, as the domain sees it; nil for what is no event of it.
  static func socket(_ record: hg_socket, _ reader: inout RecordReader) throws(DecodeError) -> SocketEvent? {
    let bytes = try reader.bytes(Int(record.address.size))
    let walk = try reader.path(record.walk)
    let isAccepted = hg_call_event(UInt32(record.event)) == HG_CALL_ACCEPT && record.error == 0
    guard record.error >= 0, !isAccepted || record.number >= 0 else {
      throw .invalid(type: record.header.type)
    }
    return socket(record, bytes, walk)
  }

  /// What a socket is, and its two ends, as far as they are known.
  static func ends(
    _ record: hg_socket, _ reader: inout RecordReader
  ) throws(DecodeError) -> (Transport, local: SocketAddress?, remote: SocketAddress?) {
    let bytes = try reader.bytes(Int(record.address.size))
    let walk = try reader.path(record.walk)
    let isRead = UInt32(record.address.flags) & (HG_TEXT_ABSENT.rawValue | HG_TEXT_UNREADABLE.rawValue) == 0
    let named =
      isRead
      ? SocketAddressBytes.decode(bytes) { name in
        argument(name, record.address, walk, isResolved: has(record, HG_SOCKET_RESOLVED))
      } : nil
    return (
      transport(record), has(record, HG_SOCKET_LOCAL) ? end(record.local, record) : named,
      has(record, HG_SOCKET_REMOTE) ? end(record.remote, record) : nil
    )
  }

  /// The same, of a record whose tail is at hand: `address` as a struct sockaddr.
  static func socket(
    _ record: hg_socket, _ address: [UInt8] = [], _ walk: (path: ByteString, flags: UInt32)? = nil
  ) -> SocketEvent? {
    let transport = transport(record)
    let error = record.error == 0 ? nil : ErrorNumber(record.error)
    let isRead = UInt32(record.address.flags) & (HG_TEXT_ABSENT.rawValue | HG_TEXT_UNREADABLE.rawValue) == 0
    let named =
      isRead
      ? SocketAddressBytes.decode(address) { name in
        argument(name, record.address, walk, isResolved: has(record, HG_SOCKET_RESOLVED))
      } : nil
    let local = has(record, HG_SOCKET_LOCAL) ? end(record.local, record) : nil
    let remote = has(record, HG_SOCKET_REMOTE) ? end(record.remote, record) : nil

    switch hg_call_event(UInt32(record.event)) {
    case HG_CALL_CONNECT:
      return .connect(
        Connect(
          transport: transport, local: local, remote: remote ?? named, error: error,
          isPending: has(record, HG_SOCKET_PENDING),
          latency: has(record, HG_SOCKET_TIMED) ? age(record) : nil))
    case HG_CALL_ACCEPT:
      return .accept(
        Accept(
          transport: transport, descriptor: error == nil ? record.number : nil, local: local ?? named,
          remote: remote, error: error))
    case HG_CALL_LISTEN:
      return .listen(
        Listen(transport: transport, local: local ?? named, backlog: record.number, error: error))
    case HG_CALL_BIND:
      return .bind(Bind(transport: transport, local: local ?? named, error: error))
    case HG_CALL_SEND:
      return .send(
        Send(
          transport: transport, call: SystemCall.names[record.call] ?? "system call \(record.call)",
          local: local, remote: named, error: error))
    case HG_CALL_CLOSE:
      return .close(
        Close(
          transport: transport, local: local, remote: remote, sent: record.sent, received: record.received,
          duration: has(record, HG_SOCKET_TIMED) ? age(record) : nil, isFinal: !has(record, HG_SOCKET_OPEN),
          isAccepted: has(record, HG_SOCKET_ACCEPTED)))
    default: return nil
    }
  }

  private static func has(_ record: hg_socket, _ flag: hg_socket_flag) -> Bool {
    UInt32(record.flags) & flag.rawValue != 0
  }

  private static func age(_ record: hg_socket) -> UInt64 {
    record.header.time - min(record.header.time, record.started)
  }

  private static func transport(_ record: hg_socket) -> Transport {
    let types: [Transport.SocketType] = [.other, .stream, .dgram, .raw, .other, .seqpacket]
    let type = Int(record.type) < types.count ? types[Int(record.type)] : .other
    switch record.family {
    case 1: return .unix(type)
    case 2, 10:
      switch (type, record.protocol) {
      case (.raw, _): return .raw
      case (_, 6): return .tcp
      case (_, 17): return .udp
      case (_, 1), (_, 58): return .ping
      case (_, 33): return .dccp
      case (_, 132): return .sctp
      case (_, 136): return .udplite
      case (_, 262): return .mptcp
      default: return .other(family: record.family)
      }
    case 16: return .netlink(record.protocol)
    case 17: return .packet
    case 40: return .vsock(type)
    case let family: return .other(family: family)
    }
  }

  private static func end(_ end: hg_endpoint, _ record: hg_socket) -> SocketAddress {
    let bytes = unsafe withUnsafeBytes(of: end.address) { unsafe Array($0) }
    // What stands in the place of a raw socket's port is its protocol.
    let port = transport(record) == .raw ? 0 : end.port
    return SocketAddressBytes.internet(
      record.family == 2 ? Array(bytes[..<4]) : bytes, port: port, scope: end.scope)
  }
}
