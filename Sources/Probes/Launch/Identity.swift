// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Inspection

/// Who a process is: what the kernel checks, and what the password database says about them.
public struct Identity: Hashable, Sendable {
  public var uid: UInt32
  public var gid: UInt32
  /// Supplementary groups, sorted.
  public var groups: [UInt32]
  /// nil where the password database does not know the user.
  public var name: ByteString?
  public var home: ByteString?
  public var shell: ByteString?

  public init(
    uid: UInt32, gid: UInt32, groups: [UInt32], name: ByteString? = nil, home: ByteString? = nil,
    shell: ByteString? = nil
  ) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.name = name
    self.home = home
    self.shell = shell
  }

  /// The name, or the number.
  public var label: ByteString { name ?? ByteString("\(uid)") }
}

/// Whom the user wants the command to run as.
public enum IdentityChoice: Hashable, Sendable {
  /// Who called sudo, doas or pkexec; without them, ourselves.
  case invoking
  /// `--as-root`: ourselves, who must be root.
  case root
  /// `--user`: a name, or a number.
  case user(ByteString)
}

extension Identity {
  /// This process itself.
  public static var ours: Identity {
    let uid = geteuid()
    let entry = UserEntry.numbered(uid)
    var groups = [UInt32](repeating: 0, count: Int(max(0, getgroups(0, nil))))
    let count = unsafe getgroups(Int32(groups.count), &groups)
    groups.removeLast(groups.count - Int(max(0, count)))
    return Identity(
      uid: uid, gid: getegid(), groups: groups.sorted(), name: entry?.name, home: entry?.home,
      shell: entry?.shell)
  }

  /// Who called the tool that made us root, after the variables it left in our environment: SUDO_UID, SUDO_GID
  /// and SUDO_USER, DOAS_USER, PKEXEC_UID. nil when we are not root (then they say nothing about us) or when
  /// there are none. With several tools one inside another, `nearest` is believed first. Throws where they are there and name
  /// nobody.
  public static func invoking(
    environment: EnvironmentBlock, nearest: ElevationTool? = nil
  ) throws(LaunchError) -> Identity? {
    guard geteuid() == 0 else { return nil }
    let order = [nearest].compactMap { $0 } + ElevationTool.allCases.filter { $0 != nearest }
    for tool in order {
      if let caller = try tool.caller(in: environment) { return Identity(caller) }
    }
    return nil
  }

  /// A user of the password database, by name or, where no name matches, by number.
  public static func user(_ text: ByteString) throws(LaunchError) -> Identity {
    let entry = UserEntry.named(text) ?? UInt32(text.text).flatMap { UserEntry.numbered($0) }
    guard let entry else { throw .unknownUser(text) }
    return Identity(entry, gid: entry.gid)
  }

  /// A user id, by the name that the password database knows or by any number.
  public static func userID(_ text: ByteString) -> UInt32? {
    UserEntry.named(text)?.uid ?? UInt32(text.text)
  }

  init(_ entry: UserEntry, gid: UInt32) {
    self.init(
      uid: entry.uid, gid: gid, groups: entry.groups(with: gid), name: entry.name, home: entry.home,
      shell: entry.shell)
  }

  /// A caller that the password database does not know keeps the numbers and has no other group.
  init(_ caller: Caller) {
    if let entry = UserEntry.numbered(caller.uid) {
      self.init(entry, gid: caller.gid ?? entry.gid)
    } else {
      let gid = caller.gid ?? caller.uid
      self.init(uid: caller.uid, gid: gid, groups: [gid], name: caller.name)
    }
  }
}
