// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Writes each event of the contract as one line of JSON. The order of the fields is the same in every line of
/// a kind, and is no part of the contract.
struct EventWriter: ~Copyable {
  var json: JSONWriter
  /// The names of open's flags, written once for each value.
  private var flags: [UInt64: [UInt8]] = [:]
  /// A program can give any 64 bits; what is remembered of them is bounded.
  private static let mostFlags = 256

  init(capacity: Int) { json = JSONWriter(capacity: capacity) }

  mutating func start(_ session: SessionStart) {
    json.raw(#"{"event":"start","schema":1"#)
    json.field("time_ns", session.time)
    json.field("honeyguide", session.version)
    json.field("command", session.command.lazy.map(Optional.some))
    redacted(session.redacted)
    if session.showsSecrets { json.field("secrets_shown", true) }
    json.field("uid", session.uid)
    json.field("cwd", session.cwd)
    json.field("boot_time_unix_ns", session.bootTime)
    json.field("options", session.options.lazy.map { Optional(ByteString($0)) })
    if let attached = session.attached { self.attached(attached) }
    json.raw("}\n")
  }

  mutating func summary(_ end: SessionEnd, duration: UInt64, events: UInt64, processes: Int) {
    json.raw(#"{"event":"summary""#)
    json.field("time_ns", end.time)
    switch end.status {
    case .code(let code): json.field("exit_code", code)
    case .signal(let number, _): json.field("exit_code", 128 + number)
    case nil: json.null("exit_code")
    }
    json.field("duration_ns", duration)
    json.field("events", events)
    json.field("lost", end.lost)
    json.name("lost_by_reason")
    json.raw("{")
    for (index, loss) in end.losses.enumerated() {
      if index > 0 { json.raw(",") }
      json.string(loss.reason)
      json.raw(":")
      json.integer(loss.count)
    }
    json.raw("}")
    json.field("processes", processes)
    if end.isTimeOver { json.field("time_over", true) }
    if !end.notes.isEmpty { json.field("notes", end.notes.lazy.map { Optional(ByteString($0)) }) }
    json.raw("}\n")
  }

  mutating func lost(_ loss: Loss, time: UInt64) {
    json.raw(#"{"event":"lost","time_ns":"#)
    json.integer(time)
    json.field("reason", loss.reason)
    json.field("count", loss.count)
    json.raw("}\n")
  }

  mutating func event(_ event: Event) {
    switch event.body {
    case .fork(let fork):
      begin("fork", event)
      json.raw(#","child":{"pid":"#)
      json.integer(fork.child.pid)
      json.field("start_ns", fork.child.start)
      if let number = fork.innerPID { json.field("ns_pid", number) }
      json.raw("}")
    case .exec(let exec):
      begin("exec", event)
      body(exec)
    case .failedExec(let failed):
      begin("exec", event)
      path(failed.target, "path", requested: "filename", isAlwaysThere: true)
      json.field("error", failed.error.name)
    case .exit(let exit):
      begin("exit", event)
      body(exit)
    case .open(let open):
      begin("open", event)
      body(open)
    case .lookup(let lookup):
      begin("lookup", event)
      json.field("call", lookup.call)
      path(lookup.target, "path", requested: "requested")
      if let error = lookup.error { json.field("error", error.name) }
    case .change(let change):
      begin(change.kind.rawValue, event)
      body(change)
    case .socket(let use):
      begin(use.name, event)
      body(use)
    case .act(let act):
      begin(act.kind.rawValue, event)
      body(act, comm: event.comm)
    case .environment(let read):
      begin(read.name == nil ? "env_all" : "env", event)
      body(read)
    case .interpreter(let interpreter):
      begin("interpreter", event)
      body(interpreter)
    case .function(let function):
      begin("function", event)
      body(function)
    case .fileIO(let io):
      begin("file_io", event)
      path(io.target, "path", requested: "requested")
      json.field("bytes_read", io.bytesRead)
      json.field("bytes_written", io.bytesWritten)
      json.field("reads", io.reads)
      json.field("writes", io.writes)
    case .existing(.process(let image)):
      begin("existing", event)
      body(image: image)
    case .existing(.file(let file)):
      begin("existing_file", event)
      body(file)
    case .signal(let sent):
      begin("signal", event)
      body(sent)
    }
    json.raw("}\n")
  }

  /// The common fields.
  @inline(__always)
  private mutating func begin(_ name: String, _ event: Event) {
    json.raw(#"{"event":""#)
    json.bytes.append(name.utf8.span)
    json.raw(#"","time_ns":"#)
    json.integer(event.time)
    json.field("pid", event.process.pid)
    json.field("start_ns", event.process.start)
    json.field("tid", event.tid)
    json.field("ppid", event.ppid)
    json.field("uid", event.uid)
    json.field("comm", event.comm)
  }
}

// MARK: - Bodies

extension EventWriter {
  private mutating func body(_ exec: Exec) {
    known("exe", exec.exe)
    known("filename", exec.filename)
    rest(exec)
  }

  /// An exec that nobody saw: what the file was called then is not known.
  private mutating func body(image exec: Exec) {
    known("exe", exec.exe)
    rest(exec)
  }

  private mutating func rest(_ exec: Exec) {
    if exec.isArgvUnreadable {
      json.null("argv")
      json.field("argv_unreadable", true)
    } else {
      json.field("argv", exec.argv.lazy.map(Optional.some))
      redacted(exec.redacted)
    }
    json.field("argv_size", exec.argvSize)
    json.field("argv_truncated", exec.isArgvTruncated)
    known("cwd", exec.cwd)
    if exec.isExeDeleted { json.field("exe_deleted", true) }
    if exec.isExeTruncated { json.field("exe_truncated", true) }
    if exec.isCwdTruncated { json.field("cwd_truncated", true) }
    if let interpreter = exec.interpreter { json.field("interpreter", interpreter) }
    if let script = exec.script { json.field("script", script) }
    json.field("stdio", exec.stdio)
    json.field("gid", exec.gid)
    json.field("euid", exec.euid)
    json.field("egid", exec.egid)
    if let number = exec.innerPID { json.field("ns_pid", number) }
    if let cgroup = exec.cgroup { json.field("cgroup", cgroup) }
    if let container = exec.container { json.field("container", container) }
    if let environment = exec.environment { self.environment(environment) }
  }

  /// A path that every process has: an empty one is one that could not be had.
  private mutating func known(_ name: StaticString, _ path: ByteString) {
    if path.isEmpty { json.null(name) } else { json.field(name, path) }
  }

  private mutating func body(_ exit: Exit) {
    switch exit.status {
    case .code(let code): json.field("code", code)
    case .signal(let number, let coreDumped):
      json.field("signal", Signal(number).name)
      json.fact("core_dumped", "", coreDumped)
    }
    json.field("duration_ns", exit.duration)
    json.field("user_ns", exit.userTime)
    json.field("system_ns", exit.systemTime)
    json.field("max_rss_kib", exit.maxRSS)
  }

  private mutating func body(_ open: Open) {
    path(open.target, "path", requested: "requested")
    flags(open.flags)
    if open.flags.creates || open.flags.isTemporaryFile { json.field("mode", open.mode) }
    switch open.result {
    case .descriptor(let descriptor): json.field("fd", descriptor)
    case .error(let error): json.field("error", error.name)
    }
    if open.flags.creates, let isCreated = open.isCreated { json.field("created", isCreated) }
  }

  mutating func flags(_ value: OpenFlags) {
    json.name("flags")
    if let known = flags[value.rawValue] {
      json.bytes.append(known.span)
    } else {
      let names = Array((#"[""# + value.names.joined(separator: #"",""#) + #""]"#).utf8)
      json.bytes.append(names.span)
      if flags.count < Self.mostFlags { flags[value.rawValue] = names }
    }
  }

  private mutating func body(_ change: Change) {
    json.field("call", change.call)
    path(change.target, "path", requested: "requested")
    if let to = change.to {
      if change.kind == .symlink {
        linkText(to)
      } else {
        path(to, "to", requested: "to_requested")
      }
    }
    if let mode = change.mode { json.field("mode", mode) }
    if let device = change.device { json.field("device", device) }
    if let length = change.length { json.field("length", length) }
    // chown leaves alone what it is given as -1.
    if let owner = change.owner, owner != .max { json.field("owner", owner) }
    if let group = change.group, group != .max { json.field("group", group) }
    if let flags = change.flags, !flags.isEmpty {
      json.field("flags", flags.names.lazy.map { Optional(ByteString($0)) })
    }
    if let error = change.error { json.field("error", error.name) }
  }

  /// A path and the name that was asked for. A path of which nothing is known is null. A name that could not be
  /// read is null, and a fact says so; where the call took no name, the field is absent.
  @inline(__always)
  mutating func path(
    _ target: PathArgument, _ path: StaticString, requested: StaticString, isAlwaysThere: Bool = false
  ) {
    if let known = target.path { json.field(path, known) } else { json.null(path) }
    if let host = target.hostPath { json.field(prefixed: "host_", path, host) }
    if let name = target.requested {
      json.field(requested, name)
    } else if target.isUnreadable {
      json.null(requested)
      json.fact(requested, "_unreadable", true)
    } else if isAlwaysThere {
      json.null(requested)
    }
    json.fact(path, "_truncated", target.isTruncated)
    json.fact(path, "_deleted", target.isDeleted)
  }

  /// The text of a symbolic link, which is no path until somebody follows it.
  mutating func linkText(_ to: PathArgument) {
    if let text = to.requested ?? to.path { json.field("to", text) } else { json.null("to") }
    json.fact("to", "_unreadable", to.isUnreadable)
    json.fact("to", "_truncated", to.isTruncated)
  }
}
