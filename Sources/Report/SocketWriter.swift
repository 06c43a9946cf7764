// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension SocketEvent {
  /// The name of its event.
  var name: String {
    switch self {
    case .connect: "connect"
    case .accept: "accept"
    case .listen: "listen"
    case .bind: "bind"
    case .send: "send"
    case .close: "close"
    }
  }
}

extension EventWriter {
  /// The fields of what was done with a socket.
  mutating func body(_ use: SocketEvent) {
    switch use {
    case .connect(let connect): body(connect)
    case .accept(let accept):
      begin(accept.transport, accept.remote ?? accept.local)
      if let descriptor = accept.descriptor { json.field("fd", descriptor) }
      if let local = accept.local { address("local", local) }
      if let remote = accept.remote { address("remote", remote) }
      if let error = accept.error { json.field("error", error.name) }
    case .listen(let listen):
      begin(listen.transport, listen.local)
      if let local = listen.local { address("local", local) }
      json.field("backlog", listen.backlog)
      if let error = listen.error { json.field("error", error.name) }
    case .bind(let bind):
      begin(bind.transport, bind.local)
      address("local", orUnreadable: bind.local)
      if let error = bind.error { json.field("error", error.name) }
    case .send(let send):
      begin(send.transport, send.remote)
      json.field("call", send.call)
      if let local = send.local { address("local", local) }
      address("remote", orUnreadable: send.remote)
      if let error = send.error { json.field("error", error.name) }
    case .close(let close):
      begin(close.transport, close.remote ?? close.local)
      if let local = close.local { address("local", local) }
      if let remote = close.remote { address("remote", remote) }
      json.field("accepted", close.isAccepted)
      json.field("bytes_sent", close.sent)
      json.field("bytes_received", close.received)
      if let duration = close.duration { json.field("duration_ns", duration) }
      json.field("final", close.isFinal)
    }
  }

  private mutating func body(_ connect: Connect) {
    begin(connect.transport, connect.remote ?? connect.local)
    if let local = connect.local { address("local", local) }
    address("remote", orUnreadable: connect.remote)
    if let error = connect.error { json.field("error", error.name) }
    json.field("pending", connect.isPending)
    if let latency = connect.latency { json.field("latency_ns", latency) }
  }

  /// What kind of socket it is. The family is that of the address: an IPv4 address may be reached through an IPv6 socket.
  mutating func begin(_ transport: Transport, _ address: SocketAddress?) {
    json.field("protocol", transport.name)
    switch address {
    case .internet(let internet): json.field("family", internet.isIPv6 ? "ipv6" : "ipv4")
    default: if let family = transport.family { json.field("family", family) }
    }
    switch transport {
    case .unix(let type), .vsock(let type): json.field("socket_type", type.rawValue)
    case .netlink(let number): json.field("netlink", Transport.netlinkName(number))
    default: break
    }
  }

  private mutating func address(_ name: StaticString, orUnreadable address: SocketAddress?) {
    if let address {
      self.address(name, address)
    } else {
      json.null(name)
      json.fact(name, "_unreadable", true)
    }
  }

  mutating func address(_ name: StaticString, _ address: SocketAddress) {
    json.name(name)
    switch address {
    case .internet(let internet):
      json.raw(#"{"address":""#)
      var text: [UInt8] = []
      text.reserveCapacity(45)
      internet.appendAddress(to: &text)
      json.bytes.append(text.span)
      json.raw("\"")
      json.field("port", internet.port)
      if internet.scope != 0 { json.field("scope_id", internet.scope) }
    case .path(let target):
      json.raw("{")
      if let path = target.path { json.first("path", path) } else { json.raw(#""path":null"#) }
      if let requested = target.requested { json.field("requested", requested) }
      json.fact("path", "_truncated", target.isTruncated)
      json.fact("path", "_deleted", target.isDeleted)
    case .abstract(let bytes):
      json.raw("{")
      json.first("abstract", bytes)
    case .unnamed: json.raw(#"{"unnamed":true"#)
    case .netlink(let port, let groups):
      json.raw(#"{"port_id":"#)
      json.integer(port)
      json.field("groups", groups)
    case .vsock(let cid, let port):
      json.raw(#"{"cid":"#)
      json.integer(cid)
      json.field("port", port)
    case .packet(let interface, let ethertype):
      json.raw(#"{"interface":"#)
      json.integer(interface)
      json.field("ethertype", ethertype)
    case .other(let bytes):
      json.raw(#"{"sockaddr_base64":"#)
      json.base64(bytes.bytes.span)
    }
    json.raw("}")
  }
}

extension Transport {
  /// The word in `family` where no internet address tells it; nil for a socket of which only that says.
  fileprivate var family: String? {
    switch self {
    case .unix, .netlink, .vsock, .packet, .other: name
    default: nil
    }
  }
}
