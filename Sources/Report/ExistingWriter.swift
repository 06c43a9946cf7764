// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension EventWriter {
  /// A descriptor that was open when Honeyguide attached.
  mutating func body(_ file: ExistingFile) {
    json.field("fd", file.descriptor)
    json.field("kind", file.kind.rawValue)
    path(file.target, "path", requested: "requested")
    flags(file.flags)
    if let position = file.position { json.field("position", position) }
    guard let socket = file.socket else { return }
    begin(socket.transport, socket.remote ?? socket.local)
    if let state = socket.state { json.field("state", state) }
    if let local = socket.local { address("local", local) }
    if let remote = socket.remote { address("remote", remote) }
  }

  /// Of the `start` line: to whom the inspection was attached.
  mutating func attached(_ attachment: Attachment) {
    json.name("attached")
    switch attachment {
    case .processes(let targets, let withChildren):
      json.raw(#"{"pids":["#)
      for (index, target) in targets.enumerated() {
        if index > 0 { json.raw(",") }
        json.integer(target.pid)
      }
      json.raw("]")
      json.field("children", withChildren)
      json.raw("}")
    case .cgroup(let path):
      json.raw("{")
      json.first("cgroup", path)
      json.raw("}")
    case .all: json.raw(#"{"all":true}"#)
    }
  }
}
