// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What strace's log says about sockets: one observation for each attempt to connect, with the outcome that the program
/// learnt; one for each accept, listen and bind; one for each peer that a socket sends to.
struct StraceSockets {
  /// The last attempt of a TCP socket.
  private struct Attempt {
    var actor: Bytes
    var remote: String
    /// connect has returned, or was interrupted, without an outcome.
    var isUnderWay = false
    /// SO_ERROR has told that it succeeded; connect itself has yet to give its 0, once.
    var owesSuccess = false

    func ended(_ outcome: String) -> Observation {
      .connect(by: actor, "tcp", remote: remote, outcome: outcome)
    }
  }

  private struct Socket {
    var kind: String
    var bound: String?
    var attempt: Attempt?
    var sent: Set<String> = []
    /// Of a datagram socket of the internet's: the last that it was connected to.
    var peer: String?
  }

  /// By the name the kernel gives them: `socket:[1234]`.
  private var sockets: [Bytes: Socket] = [:]

  static let calls = [
    "socket", "connect", "getsockopt", "close", "accept", "accept4", "listen", "bind", "send", "sendto",
    "sendmsg", "sendmmsg",
  ]

  /// Takes one of `calls`. Gives what it was, or was the end of. `place` is where a relative name starts.
  mutating func observe(_ call: StraceLog.Call, by actor: Bytes, place: (Bytes) -> Bytes?) -> [Observation] {
    if call.name == "socket" {
      if call.error == nil, let name = call.result.annotation {
        sockets[name] = Socket(kind: Self.kind(call))
      }
      return []
    }
    guard let name = call.arguments.first?.annotation, let socket = sockets[name] else { return [] }
    let arguments = call.arguments
    switch call.name {
    case "getsockopt": return askedForError(call, name).map { [$0] } ?? []
    case "close":
      sockets[name] = nil
      guard let attempt = socket.attempt, attempt.isUnderWay else { return [] }
      return [attempt.ended("pending")]
    case "connect":
      let remote = StraceAddress.text(arguments[1], place: place)
      if socket.kind == "tcp" { return tcpConnect(call, by: actor, name, remote).map { [$0] } ?? [] }
      if ["udp", "ping"].contains(socket.kind), call.error == nil {
        sockets[name]?.peer = call.arguments[1].member("sa_family")?.number == 0 ? nil : remote
      }
      return connect(call, by: actor, socket.kind, remote).map { [$0] } ?? []
    case "accept", "accept4":
      if call.isWithoutResult || ["EAGAIN", "EINTR"].contains(call.error) { return [] }
      if call.error == nil, let new = call.result.annotation { sockets[new] = Socket(kind: socket.kind) }
      let isInternet = ["tcp", "mptcp"].contains(socket.kind) && call.error == nil
      return [
        .socket(
          .accept, by: actor, socket.kind,
          isInternet ? "from " + StraceAddress.text(arguments[1], place: place) : "", call.error)
      ]
    case "listen":
      let local = "\(socket.bound ?? "-") backlog \(arguments[1].number ?? -1)"
      return [.socket(.listen, by: actor, socket.kind, local, call.error)]
    case "bind":
      let local = Addresses.own(StraceAddress.text(arguments[1], place: place))
      if call.error == nil { sockets[name]?.bound = local }
      return [.socket(.bind, by: actor, socket.kind, local, call.error)]
    default: return send(call, by: actor, name, socket, place: place)
    }
  }

  /// What was still under way when the log ended.
  func end() -> [Observation] {
    sockets.values.compactMap { $0.attempt?.isUnderWay == true ? $0.attempt?.ended("pending") : nil }
  }

  private mutating func send(
    _ call: StraceLog.Call, by actor: Bytes, _ name: Bytes, _ socket: Socket, place: (Bytes) -> Bytes?
  ) -> [Observation] {
    if call.isWithoutResult || ["EAGAIN", "EINTR"].contains(call.error) || socket.kind.hasSuffix("stream")
      || ["tcp", "mptcp"].contains(socket.kind)
    {
      return []
    }
    var names: [StraceArgument?] = []
    switch call.name {
    case "send": names = [nil]
    case "sendto": names = [call.arguments[4]]
    case "sendmsg": names = [call.arguments[1].member("msg_name")]
    default:
      let count = call.error == nil ? Int(call.result.number ?? 0) : 1
      names = call.arguments[1].elements.prefix(count).map { $0.member("msg_name") }
    }
    var result: [Observation] = []
    for address in names {
      let isGiven = address?.text.hasPrefix("{") == true
      // One of no bytes: sendmsg takes it for none, sendto refuses it.
      if !isGiven, call.name == "sendto", address?.text != "NULL" { continue }
      guard let remote = isGiven ? address.map({ StraceAddress.text($0, place: place) }) : socket.peer else {
        continue
      }
      if sockets[name]?.sent.insert("\(remote) \(call.error ?? "")").inserted == true {
        result.append(.socket(.send, by: actor, socket.kind, "\(remote) by \(call.name)", call.error))
      }
    }
    return result
  }

  private func connect(_ call: StraceLog.Call, by actor: Bytes, _ kind: String, _ remote: String)
    -> Observation?
  {
    if call.isWithoutResult || ["EALREADY", "EISCONN"].contains(call.error) || kind == "mptcp" { return nil }
    if call.error == nil, call.arguments[1].member("sa_family")?.number == 0 { return nil }
    let outcome = call.error == "EINPROGRESS" ? "pending" : call.error ?? "ok"
    return .connect(by: actor, kind, remote: remote, outcome: outcome)
  }

  private static func kind(_ call: StraceLog.Call) -> String {
    // SOCK_STREAM and its kin without SOCK_CLOEXEC and SOCK_NONBLOCK.
    let numbers = call.arguments.map { $0.number ?? -1 }
    let type = numbers[1] & 0xf
    let typeName = [1: "stream", 2: "dgram", 3: "raw", 5: "seqpacket"][type] ?? "other"
    switch (numbers[0], type, numbers[2]) {
    case (1, _, _): return "unix \(typeName)"
    case (2, 3, _), (10, 3, _): return "raw"
    case (2, 1, 0), (2, 1, 6), (10, 1, 0), (10, 1, 6): return "tcp"
    case (2, 2, 0), (2, 2, 17), (10, 2, 0), (10, 2, 17): return "udp"
    case (2, 2, _), (10, 2, _): return "ping"
    case (2, _, 262), (10, _, 262): return "mptcp"
    case (16, _, let number): return "netlink \(number)"
    case (17, _, _): return "packet"
    case (40, _, _): return "vsock \(typeName)"
    default: return "family \(numbers[0])"
    }
  }

  // MARK: TCP's connects

  private mutating func askedForError(_ call: StraceLog.Call, _ name: Bytes) -> Observation? {
    guard var attempt = sockets[name]?.attempt, attempt.isUnderWay, call.error == nil,
      call.arguments[1].number == Int64(SOL_SOCKET), call.arguments[2].number == Int64(SO_ERROR),
      let error = call.arguments[3].elements.first?.number
    else { return nil }
    // The programs of these tests ask when poll has said that there is an outcome, so 0 means connected.
    attempt.isUnderWay = false
    attempt.owesSuccess = error == 0
    sockets[name]?.attempt = attempt
    return attempt.ended(error == 0 ? "ok" : ErrorNames.name(Int32(error)))
  }

  private mutating func tcpConnect(
    _ call: StraceLog.Call, by actor: Bytes, _ name: Bytes, _ remote: String
  ) -> Observation? {
    let last = sockets[name]?.attempt
    var attempt = Attempt(actor: actor, remote: remote)
    if call.isWithoutResult || ["EINPROGRESS", "EINTR", "EALREADY"].contains(call.error) {
      // It goes on by itself, or will be restarted: the next call is about the same attempt.
      if last?.isUnderWay == true { return nil }
      attempt.isUnderWay = true
      sockets[name]?.attempt = attempt
      return nil
    }
    if var last, last.isUnderWay {
      last.isUnderWay = false
      sockets[name]?.attempt = last
      return last.ended(call.error == "EISCONN" ? "ok" : call.error ?? "ok")
    }
    if var last, last.owesSuccess, call.error == nil {
      last.owesSuccess = false
      sockets[name]?.attempt = last
      return nil
    }
    // Connected already: nothing was tried. AF_UNSPEC takes the connection apart.
    let takesApart = call.error == nil && call.arguments[1].member("sa_family")?.number == 0
    if call.error == "EISCONN" || takesApart { return nil }
    sockets[name]?.attempt = attempt
    return attempt.ended(call.error ?? "ok")
  }
}

/// An address as strace prints it, in the words that both witnesses use.
enum StraceAddress {
  static func text(_ address: StraceArgument, place: (Bytes) -> Bytes?) -> String {
    guard address.text.hasPrefix("{") else { return "(unreadable)" }
    let number = { (name: String) in address.member(name)?.number ?? -1 }
    if let port = (address.member("sin_port") ?? address.member("sin6_port"))?.string?.array, port.count == 2
    {
      let bytes = (address.member("sin_addr") ?? address.member("sin6_addr"))?.string?.array ?? []
      return Addresses.text(
        bytes, port: Int(port[0]) << 8 | Int(port[1]),
        scope: Int(address.member("sin6_scope_id")?.number ?? 0))
    }
    if let path = address.member("sun_path") {
      let name = path.string ?? ""
      // @"…": a zero stands before the name.
      if path.text.hasPrefix("@") { return Addresses.abstract(name) }
      return Addresses.unix(place(name), requested: name)
    }
    if address.member("nl_pid") != nil {
      return Addresses.netlink(port: number("nl_pid"), groups: number("nl_groups"))
    }
    if address.member("svm_cid") != nil {
      return Addresses.vsock(cid: number("svm_cid"), port: number("svm_port"))
    }
    if let protocolBytes = address.member("sll_protocol")?.string?.array, protocolBytes.count == 2 {
      return Addresses.packet(
        interface: number("sll_ifindex"), ethertype: Int64(protocolBytes[0]) << 8 | Int64(protocolBytes[1]))
    }
    return "(other)"
  }
}
