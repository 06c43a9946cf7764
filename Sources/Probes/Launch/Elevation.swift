// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// A tool that runs a command with another user's rights.
public enum ElevationTool: String, CaseIterable, Hashable, Sendable {
  case sudo, doas, pkexec

  /// By the name of its executable; sudo-rs installs itself under both names.
  init?(executable: ByteString) {
    switch executable.text {
    case "sudo", "sudo-rs": self = .sudo
    case "doas": self = .doas
    case "pkexec": self = .pkexec
    default: return nil
    }
  }

  /// Who called it, after the variables it leaves for the command; nil where there are none. Throws where they do not say it:
  /// the command would run as root.
  func caller(in environment: EnvironmentBlock) throws(LaunchError) -> Caller? {
    switch self {
    case .sudo:
      guard let uid = try environment.number("SUDO_UID", self) else { return nil }
      return Caller(uid: uid, gid: try environment.number("SUDO_GID", self), name: environment["SUDO_USER"])
    case .doas:
      guard let name = environment["DOAS_USER"] else { return nil }
      guard let entry = UserEntry.named(name) else {
        throw .unclearCaller(self, variable: "DOAS_USER", value: name)
      }
      return Caller(uid: entry.uid, gid: entry.gid, name: entry.name)
    case .pkexec:
      guard let uid = try environment.number("PKEXEC_UID", self) else { return nil }
      return Caller(uid: uid, gid: nil, name: nil)
    }
  }
}

/// Who called sudo, doas or pkexec.
struct Caller: Hashable {
  var uid: UInt32
  var gid: UInt32?
  var name: ByteString?
}

extension EnvironmentBlock {
  /// The number of a user or a group; nil where there is no such variable.
  fileprivate func number(_ name: ByteString, _ tool: ElevationTool) throws(LaunchError) -> UInt32? {
    guard let value = self[name] else { return nil }
    // The largest number is nobody's: to the kernel it is -1, "as it was".
    guard let number = UInt32(value.text), number != .max else {
      throw .unclearCaller(tool, variable: name, value: value)
    }
    return number
  }
}

/// A process of such a tool, above us.
public struct Elevation: Hashable, Sendable {
  public var tool: ElevationTool
  public var pid: Int32
  /// The processes between it and us, its own child first; empty when it is our parent.
  public var between: [Int32]

  /// The nearest one above `pid`; nil when the walk ends at init or cannot go on.
  ///
  /// It must be root's: a user's script may bear any name. Of several (sudo with its own pseudo-terminal is
  /// two processes, copies of each other) the nearest has the same environment and arguments as the others.
  public static func nearest(above pid: Int32, in table: ProcFileSystem = ProcFileSystem()) -> Elevation? {
    var between: [Int32] = []
    var current = pid
    // A chain of processes cannot be longer than there are process ids; this bound only guards a table in motion.
    for _ in 0..<10_000 {
      guard let parent = table.status(of: current)?.parent, parent > 0 else { return nil }
      if let tool = table.executableName(of: parent).flatMap(ElevationTool.init(executable:)),
        table.status(of: parent)?.effectiveUser == 0
      {
        return Elevation(tool: tool, pid: parent, between: between.reversed())
      }
      between.append(parent)
      current = parent
    }
    return nil
  }
}
