// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension EventWriter {
  /// The places in an array of texts where a secret was.
  mutating func redacted(_ indexes: [Int]) {
    if !indexes.isEmpty { numbers("redacted", indexes.map { Int32(truncatingIfNeeded: $0) }) }
  }

  mutating func body(_ act: SystemAct, comm: ByteString) {
    if act.kind == .uring {
      json.field("operation", act.call)
      json.field("count", act.flags ?? 0)
      return
    }
    json.field("call", act.call)
    if let target = act.target { path(target, "path", requested: "requested") }
    if let source = act.source {
      if act.kind == .pivotRoot {
        path(source, "put_old", requested: "put_old_requested")
      } else if act.call == "mount" {
        text("source", source)
      } else {
        path(source, "source", requested: "source_requested")
      }
    }
    if let type = act.fileSystem { json.field("filesystem", type) }
    if act.flags != nil {
      json.field("flags", act.flagNames.lazy.map { Optional(ByteString($0)) })
    }
    switch act.kind {
    case .setID:
      numbers("asked", act.arguments)
      if let ids = act.ids { body(ids) }
    case .ptrace:
      json.field("request", act.requestName)
      json.field("target", act.arguments[1])
    case .kill:
      json.field("target", act.arguments[0])
      json.field("signal", Signal(act.arguments[1]).name)
    case .name: json.field("name", comm)
    case .mount, .umount, .chroot, .pivotRoot, .setns, .unshare, .uring: break
    }
    if let error = act.error { json.field("error", error.name) }
  }

  mutating func body(_ sent: SignalSent) {
    json.field("signal", sent.signal.name)
    json.name(sent.isReceived ? "from" : "to")
    json.raw(#"{"pid":"#)
    json.integer(sent.other.pid)
    json.field("start_ns", sent.other.start)
    json.field("comm", sent.otherComm)
    json.raw("}")
  }

  private mutating func body(_ ids: SystemAct.IDs) {
    json.field("ruid", ids.users[0])
    json.field("euid", ids.users[1])
    json.field("suid", ids.users[2])
    json.field("fsuid", ids.users[3])
    json.field("rgid", ids.groups[0])
    json.field("egid", ids.groups[1])
    json.field("sgid", ids.groups[2])
    json.field("fsgid", ids.groups[3])
  }

  private mutating func numbers(_ name: StaticString, _ numbers: [Int32]) {
    json.name(name)
    json.raw("[")
    for (index, number) in numbers.enumerated() {
      if index > 0 { json.raw(",") }
      json.integer(number)
    }
    json.raw("]")
  }

  /// A text that leads nowhere by itself, as the program wrote it.
  private mutating func text(_ name: StaticString, _ argument: PathArgument) {
    if let text = argument.requested { json.field(name, text) } else { json.null(name) }
    json.fact(name, "_unreadable", argument.isUnreadable)
    json.fact(name, "_truncated", argument.isTruncated)
  }
}

extension SystemAct {
  /// ptrace's request by name.
  var requestName: String {
    switch arguments.first {
    case 0: "PTRACE_TRACEME"
    case 16: "PTRACE_ATTACH"
    case 0x4206: "PTRACE_SEIZE"
    default: "\(arguments.first ?? -1)"
    }
  }

  /// What it did, in one line of words; paths through `path`.
  func sentence(names: UserNames = UserNames(), _ path: (ByteString) -> String) -> String {
    func place(_ argument: PathArgument?) -> String {
      (argument?.ourPath ?? argument?.requested).map(path) ?? "(unknown)"
    }
    let with = flagNames.isEmpty ? "" : " " + flagNames.joined(separator: "|")
    switch kind {
    case .mount:
      let what =
        source.flatMap { call == "mount" ? $0.requested : $0.ourPath ?? $0.requested }.map(path) ?? ""
      let type = fileSystem.map { $0.isEmpty ? "" : " (" + path($0) + ")" } ?? ""
      return "mount " + (what.isEmpty ? "" : what + " on ") + place(target) + type + with
    case .umount: return "umount " + place(target) + with
    case .chroot: return "chroot " + place(target)
    case .pivotRoot: return "pivot_root " + place(target) + ", old root at " + place(source)
    case .setns: return "enter namespace " + place(target) + with
    case .unshare: return "unshare" + with
    case .setID:
      return call + "(" + arguments.map { names.argument($0, of: self) }.joined(separator: ", ") + ")"
    case .name: return "change its name"
    case .ptrace:
      return arguments.first == 0 ? "let its parent trace it" : requestName + " pid \(arguments.last ?? 0)"
    case .uring: return "io_uring \(call)" + (flags == 1 ? "" : " ×\(flags ?? 0)")
    case .kill: return call + " \(Signal(arguments[1]).name) to pid \(arguments[0])"
    }
  }
}
