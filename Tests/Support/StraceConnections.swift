// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The TCP connections in strace's log: one observation for each attempt, with the outcome that the program learnt.
struct StraceConnections {
  /// The last attempt of a socket.
  private struct Attempt {
    var actor: Bytes
    var remote: String
    /// connect has returned, or was interrupted, without an outcome.
    var isUnderWay = false
    /// SO_ERROR has told that it succeeded; connect itself has yet to give its 0, once.
    var owesSuccess = false

    func ended(_ outcome: String) -> Observation { .connect(by: actor, remote: remote, outcome: outcome) }
  }

  private enum Socket {
    case fresh
    case tried(Attempt)
  }

  /// TCP sockets by the name the kernel gives them: `socket:[1234]`.
  private var sockets: [Bytes: Socket] = [:]

  /// Takes a call of socket, connect, getsockopt or close. Gives what it was the end of.
  mutating func observe(_ call: StraceLog.Call, by actor: Bytes) -> Observation? {
    if call.name == "socket" {
      // SOCK_STREAM without SOCK_CLOEXEC and SOCK_NONBLOCK; protocol 0 or TCP; AF_INET or AF_INET6.
      let numbers = call.arguments.map { $0.number ?? -1 }
      let isTCP = [2, 10].contains(numbers[0]) && numbers[1] & 0xf == 1 && [0, 6].contains(numbers[2])
      if isTCP, call.error == nil, let name = call.result.annotation { sockets[name] = .fresh }
      return nil
    }
    guard let name = call.arguments.first?.annotation, let socket = sockets[name] else { return nil }
    var last: Attempt?
    if case .tried(let attempt) = socket { last = attempt }
    switch call.name {
    case "getsockopt": return askedForError(call, name, last)
    case "connect": return connect(call, by: actor, name, last)
    default:
      sockets[name] = nil
      return last?.isUnderWay == true ? last?.ended("pending") : nil
    }
  }

  /// What was still under way when the log ended.
  func end() -> [Observation] {
    sockets.values.compactMap { socket in
      guard case .tried(let attempt) = socket, attempt.isUnderWay else { return nil }
      return attempt.ended("pending")
    }
  }

  private mutating func askedForError(_ call: StraceLog.Call, _ name: Bytes, _ last: Attempt?) -> Observation?
  {
    guard var attempt = last, attempt.isUnderWay, call.error == nil,
      call.arguments[1].number == Int64(SOL_SOCKET), call.arguments[2].number == Int64(SO_ERROR),
      let error = call.arguments[3].elements.first?.number
    else { return nil }
    // The programs of these tests ask when poll has said that there is an outcome, so 0 means connected.
    attempt.isUnderWay = false
    attempt.owesSuccess = error == 0
    sockets[name] = .tried(attempt)
    return attempt.ended(error == 0 ? "ok" : ErrorNames.name(Int32(error)))
  }

  private mutating func connect(
    _ call: StraceLog.Call, by actor: Bytes, _ name: Bytes, _ last: Attempt?
  ) -> Observation? {
    var attempt = Attempt(actor: actor, remote: Self.remote(call.arguments[1]))
    if call.isWithoutResult || ["EINPROGRESS", "EINTR", "EALREADY"].contains(call.error) {
      // It goes on by itself, or will be restarted: the next call is about the same attempt.
      if last?.isUnderWay == true { return nil }
      attempt.isUnderWay = true
      sockets[name] = .tried(attempt)
      return nil
    }
    if var last, last.isUnderWay {
      last.isUnderWay = false
      sockets[name] = .tried(last)
      return last.ended(call.error == "EISCONN" ? "ok" : call.error ?? "ok")
    }
    if var last, last.owesSuccess, call.error == nil {
      last.owesSuccess = false
      sockets[name] = .tried(last)
      return nil
    }
    // Connected already: nothing was tried. AF_UNSPEC takes the connection apart.
    let takesApart = call.error == nil && call.arguments[1].member("sa_family")?.number == 0
    if call.error == "EISCONN" || takesApart { return nil }
    sockets[name] = .tried(attempt)
    return attempt.ended(call.error ?? "ok")
  }

  private static func remote(_ address: StraceArgument) -> String {
    let port = (address.member("sin_port") ?? address.member("sin6_port"))?.string?.array ?? []
    guard port.count == 2 else { return "(unreadable)" }
    let bytes = (address.member("sin_addr") ?? address.member("sin6_addr"))?.string?.array ?? []
    return Addresses.text(bytes, port: Int(port[0]) << 8 | Int(port[1]))
  }
}
