// SPDX-License-Identifier: Apache-2.0

/// The JSON Lines that `honeyguide run --json` wrote, read by their contract in docs/events.md and nothing else.
public struct HoneyguideLines: Sendable {
  public struct ContractError: Error, CustomStringConvertible {
    public var description: String
  }

  /// One line, with the exact bytes of its strings at hand.
  public struct Line: Sendable {
    public var json: JSON
    public init(json: JSON) { self.json = json }

    public var event: String { json["event"]?.string ?? "" }
    public var pid: Int32 { Int32(truncatingIfNeeded: json["pid"]?.integer ?? -1) }
    public var process: String { Self.process(json) }
    public var error: String? { json["error"]?.string }

    public static func name(_ json: JSON) -> String { process(json) }

    static func process(_ json: JSON) -> String {
      "\(json["pid"]?.integer ?? -1) since \(json["start_ns"]?.integer ?? -1)"
    }

    public func integer(_ name: String) -> Int128? { json[name]?.integer }

    /// A field that holds text, or what stands beside it as base64 when it is not UTF-8. Nil: absent or null.
    public func bytes(_ name: String) -> Bytes? {
      guard let text = json[name]?.string else { return nil }
      return json[name + "_base64"]?.string.flatMap(Base64.decode) ?? Bytes(text)
    }

    /// Likewise for an array of texts.
    public func list(_ name: String) -> [Bytes]? {
      guard let texts = json[name]?.array else { return nil }
      let exact = json[name + "_base64"]?.array
      return texts.enumerated().map { index, text in
        exact?[index].string.flatMap(Base64.decode) ?? Bytes(text.string ?? "")
      }
    }
  }

  public var start: JSON
  /// Everything between the first line and the last, in order.
  public var lines: [Line]
  public var summary: JSON

  /// - Parameter reasons: for which events may be lost; nothing else may.
  public init(_ bytes: [UInt8], mayLose reasons: Set<String> = []) throws {
    guard bytes.last == UInt8(ascii: "\n") else {
      throw ContractError(description: "the last line has no end: \(bytes.count) bytes")
    }
    let all = try bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map
    { line in
      do {
        return Line(json: try JSON(line))
      } catch {
        throw ContractError(description: "\(error): \(String(decoding: line.prefix(400), as: UTF8.self))")
      }
    }
    guard let first = all.first, first.event == "start", first.integer("schema") == 1,
      let last = all.last, last.event == "summary"
    else {
      throw ContractError(description: "a story begins with `start` of schema 1 and ends with `summary`")
    }
    start = first.json
    summary = last.json
    let losses = all.filter { $0.event == "lost" }
    lines = all.dropFirst().dropLast().filter { $0.event != "lost" }
    let isExpected = losses.allSatisfy { reasons.contains($0.json["reason"]?.string ?? "") }
    let counted = losses.reduce(0) { $0 + ($1.integer("count") ?? 0) }
    guard isExpected, summary["lost"]?.integer == counted else {
      throw ContractError(description: "events were lost: \(summary)")
    }
    guard let events = summary["events"]?.integer, events == lines.count else {
      throw ContractError(description: "\(lines.count) events came, the summary counts otherwise: \(summary)")
    }
  }

  /// What the command did, in the words that strace's half uses too.
  public func observations() throws -> Observations {
    var result: Observations = [:]
    var actors: [String: Bytes] = [:]
    var lookups: Set<String> = []
    for line in lines {
      let process = line.process
      let actor = actors[process, default: "(start)"]
      let error = line.error
      switch line.event {
      case "fork":
        guard let child = line.json["child"] else {
          throw ContractError(description: "no child: \(line.json)")
        }
        actors[Line.process(child)] = actor
      case "exec":
        let filename = line.bytes("filename")
        result.add(.exec(by: actor, filename: filename, argv: line.list("argv"), error: error))
        if error == nil { actors[process] = filename ?? "(unreadable)" }
      case "exit":
        let status =
          line.integer("code").map { "code \($0)" } ?? line.json["signal"]?.string.map { "signal \($0)" }
        result.add(.exit(by: actor, status: status ?? "neither code nor signal"))
      case "open":
        let names = line.json["flags"]?.array?.compactMap(\.string) ?? []
        guard (error == nil) == (line.integer("fd") != nil) else {
          throw ContractError(description: "an open has a descriptor or an error: \(line.json)")
        }
        result.add(
          .open(
            by: actor, path: Self.path(line, "path", "requested"), flags: try OpenFlagNames.bits(names),
            mode: UInt64(line.integer("mode") ?? 0), error: error))
      case "lookup":
        let observation = Observation.lookup(
          by: actor, path: Self.path(line, "path", "requested"), error: error)
        // The kernel side may repeat itself: only the set is promised.
        if lookups.insert("\(process): \(observation.text)").inserted { result.add(observation) }
      case "connect", "accept", "listen", "bind", "send":
        result.add(try socket(line, actor, error))
      case "existing", "existing_file": break  // AttachTests looks at these
      case "close": break  // no system call: see TCPTests
      case "setid", "name", "ptrace", "kill", "signal", "unshare", "setns", "pivot_root", "mount", "umount",
        "chroot":
        break  // SystemActTests looks at these
      case "env", "env_all", "interpreter", "function":
        break  // no system calls: VariableTests and AgentTests look at these
      default: result.add(Self.change(line, actor))
      }
    }
    return result
  }

  private static func path(_ line: Line, _ path: String, _ requested: String) -> String {
    Observation.path(
      // strace, the witness, tells where it is for us.
      line.bytes("host_" + path) ?? line.bytes(path), requested: line.bytes(requested),
      isUnreadable: line.json[requested + "_unreadable"]?.boolean == true)
  }

  private static func change(_ line: Line, _ actor: Bytes) -> Observation {
    var details: String?
    switch line.event {
    case "mkdir", "chmod", "mknod": details = "mode \(Observation.octal(UInt64(line.integer("mode") ?? 0)))"
    case "truncate": details = "length \(line.integer("length").map(String.init) ?? "missing")"
    case "chown":
      // Absent: left as it is, which chown is told by -1.
      let ids = ["owner", "group"].map { UInt32(truncatingIfNeeded: line.integer($0) ?? Int128(UInt32.max)) }
      details = "owner \(ids[0]) group \(ids[1])"
    case "rename":
      let names = line.json["flags"]?.array?.compactMap(\.string) ?? []
      let bits = ["RENAME_NOREPLACE": 1, "RENAME_EXCHANGE": 2, "RENAME_WHITEOUT": 4]
      let numbers = names.map { bits[$0] ?? Int($0.dropFirst(2), radix: 16) ?? -1 }
      details = numbers.isEmpty ? nil : "flags \(numbers.reduce(0, +))"
    default: break
    }
    var to: String?
    if line.event == "symlink" { to = path(line, "to", "to") }
    if line.event == "rename" || line.event == "link" { to = path(line, "to", "to_requested") }
    return .change(
      by: actor, line.event, path: path(line, "path", "requested"), to: to, details: details,
      error: line.error)
  }

  private func socket(_ line: Line, _ actor: Bytes, _ error: String?) throws -> Observation {
    guard var kind = line.json["protocol"]?.string, let call = Observation.Kind(rawValue: line.event) else {
      throw ContractError(description: "no protocol: \(line.json)")
    }
    if let type = line.json["socket_type"]?.string { kind += " \(type)" }
    if let netlink = line.json["netlink"]?.string {
      let numbers = ["route": 0, "sock_diag": 4, "audit": 9, "kobject_uevent": 15, "generic": 16]
      kind += " \(numbers[netlink].map(String.init) ?? netlink)"
    }
    switch call {
    case .connect:
      let isPending = line.json["pending"]?.boolean == true
      return .connect(
        by: actor, kind, remote: try Addresses.text("remote", of: line),
        outcome: isPending ? "pending" : error ?? "ok")
    case .accept:
      let isTold = ["tcp", "mptcp"].contains(kind) && error == nil
      return .socket(
        .accept, by: actor, kind, isTold ? "from \(try Addresses.text("remote", of: line))" : "", error)
    case .listen:
      let local = Addresses.own(try Addresses.text("local", of: line))
      return .socket(
        .listen, by: actor, kind, "\(local) backlog \(line.integer("backlog") ?? -1)", error)
    case .bind:
      return .socket(.bind, by: actor, kind, Addresses.own(try Addresses.text("local", of: line)), error)
    default:
      let remote = try Addresses.text("remote", of: line)
      return .socket(.send, by: actor, kind, "\(remote) by \(line.json["call"]?.string ?? "?")", error)
    }
  }
}

enum Base64 {
  /// RFC 4648 with padding; nil where it is none.
  static func decode(_ text: String) -> Bytes? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    guard text.utf8.count % 4 == 0 else { return nil }
    var result: [UInt8] = []
    var buffer = 0
    var bits = 0
    var padding = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "=") {
        padding += 1
        continue
      }
      guard padding == 0, let value = alphabet.firstIndex(of: byte) else { return nil }
      buffer = (buffer << 6 | value) & 0xffff
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: buffer >> bits))
      }
    }
    return padding <= 2 ? Bytes(result) : nil
  }
}

enum OpenFlagNames {
  /// include/uapi/asm-generic/fcntl.h as x86-64 has it (O_DIRECT and its neighbours differ on arm64).
  private static let table: [String: UInt64] = [
    "O_RDONLY": 0, "O_WRONLY": 1, "O_RDWR": 2, "O_ACCMODE": 3, "O_CREAT": 0o100, "O_EXCL": 0o200,
    "O_NOCTTY": 0o400, "O_TRUNC": 0o1000, "O_APPEND": 0o2000, "O_NONBLOCK": 0o4000, "O_DSYNC": 0o10000,
    "O_ASYNC": 0o20000, "O_DIRECT": 0o40000, "O_LARGEFILE": 0o100000, "O_DIRECTORY": 0o200000,
    "O_NOFOLLOW": 0o400000, "O_NOATIME": 0o1000000, "O_CLOEXEC": 0o2000000, "O_SYNC": 0o4010000,
    "O_PATH": 0o10000000, "O_TMPFILE": 0o20200000,
  ]

  static func bits(_ names: [String]) throws -> UInt64 {
    try names.reduce(0) { sum, name in
      if let bits = table[name] { return sum | bits }
      guard name.hasPrefix("0x"), let bits = UInt64(name.dropFirst(2), radix: 16) else {
        throw HoneyguideLines.ContractError(description: "an unknown flag of open: \(name)")
      }
      return sum | bits
    }
  }
}
