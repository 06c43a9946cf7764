// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Somebody who does things for others: what is asked of it is done by it, not by a descendant of the command.
enum Deputy: String {
  case docker, containerd, podman, systemd
  case bus = "a service behind D-Bus"

  /// By the path of its socket; nil for any other.
  init?(path: ByteString) {
    // /var/run is /run wherever these are.
    var path = path.text
    if path.hasPrefix("/var/run/") { path.removeFirst(4) }
    let name = path.split(separator: "/").last ?? ""
    switch name {
    case "docker.sock": self = .docker
    case "containerd.sock", "containerd.sock.ttrpc": self = .containerd
    case "podman.sock": self = .podman
    case "system_bus_socket": self = .bus
    case "bus" where path.hasPrefix("/run/user/"): self = .bus
    case _ where path.hasPrefix("/tmp/dbus-"): self = .bus
    case "private" where path.hasSuffix("/systemd/private"): self = .systemd
    // Those that only look up and log are asked by everybody.
    case _ where path.hasPrefix("/run/systemd/") && Habit(path: path) == nil && !path.hasSuffix("/notify"):
      self = .systemd
    default: return nil
    }
  }

  init?(abstract name: ByteString) {
    guard name.text.hasPrefix("/tmp/dbus-") else { return nil }
    self = .bus
  }
}

/// A connection that nearly every program makes, whatever it does.
enum Habit {
  case users, log, names

  init?(_ connection: Connection) {
    guard case .path(let target) = connection.remote, let path = target.path else { return nil }
    self.init(path: path.text)
  }

  init?(path: String) {
    var path = path[...]
    if path.hasPrefix("/var/run/") { path = path.dropFirst(4) }
    switch path {
    case "/run/nscd/socket": self = .users
    case "/dev/log": self = .log
    case _ where path.hasPrefix("/run/systemd/userdb/"): self = .users
    case _ where path.hasPrefix("/run/systemd/journal/"): self = .log
    case _ where path.hasPrefix("/run/systemd/resolve/"): self = .names
    default: return nil
    }
  }

  var name: String {
    switch self {
    case .users: "look-ups of users and hosts (nscd, userdb)"
    case .log: "the system's log"
    case .names: "name resolution (systemd-resolved)"
    }
  }
}
