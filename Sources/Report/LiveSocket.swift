// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension LiveLine {
  /// What was done with a socket.
  mutating func socket(_ use: SocketEvent) {
    verb(use.name)
    switch use {
    case .connect(let connect):
      end(connect.transport, connect.remote)
      outcome(connect.error)
      if connect.isPending { text(" = pending") }
      guard let latency = connect.latency else { return }
      text(" after ")
      seconds(latency)
      text(" s")
    case .accept(let accept):
      end(accept.transport, accept.local)
      if let remote = accept.remote {
        text(" from ")
        address(remote)
      }
      if let descriptor = accept.descriptor { text(" = \(descriptor)") }
      outcome(accept.error)
    case .listen(let listen):
      end(listen.transport, listen.local)
      outcome(listen.error)
    case .bind(let bind):
      end(bind.transport, bind.local)
      outcome(bind.error)
    case .send(let send):
      end(send.transport, send.remote)
      text(" (\(send.call))")
      outcome(send.error)
    case .close(let close):
      end(close.transport, close.remote)
      text(close.isAccepted ? " (accepted)" : "")
      text(" sent \(close.sent), received \(close.received) bytes")
      if let duration = close.duration {
        text(" in ")
        seconds(duration)
        text(" s")
      }
      text(close.isFinal ? "" : ", still open")
    }
  }

  mutating func end(_ transport: Transport, _ address: SocketAddress?) {
    text(transport.name + " ")
    if case .netlink(let number) = transport { text(Transport.netlinkName(number) + " ") }
    if let address { self.address(address) } else { text("(unreadable)") }
  }

  mutating func address(_ address: SocketAddress) {
    switch address {
    case .path(let target): path(target)
    default: address.append(to: &bytes)
    }
  }
}
