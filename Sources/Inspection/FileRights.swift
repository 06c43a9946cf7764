// SPDX-License-Identifier: Apache-2.0

/// What a run gave to a file beside what is in it: who may do what with it, and whose it is. Of each the latest.
public struct FileRights: Hashable, Sendable {
  /// chmod's mode, or those bits of the mode that a file was made with that stand for its owner's or its group's rights
  /// (04000, 02000); nil where there was neither.
  public private(set) var mode: UInt16?
  /// chown's; nil where it was left as it is.
  public private(set) var owner: UInt32?
  public private(set) var group: UInt32?
  /// The owner is another user than who did it.
  public private(set) var isForAnother = false
  /// Root of the machine did it: owner and group are numbers of its own users and groups.
  public private(set) var isByRoot = false
  private var modeTime: UInt64 = 0
  private var ownerTime: UInt64 = 0

  init() {}

  /// - Parameter uid: who does it.
  mutating func apply(_ change: Change, by uid: UInt32, at time: UInt64) {
    switch change.kind {
    case .chmod: set(change.mode, at: time)
    case .mknod: make(change.mode ?? 0, at: time)
    case .chown where time >= ownerTime:
      ownerTime = time
      isByRoot = uid == 0
      if let owner = change.owner, owner != .max {
        self.owner = owner
        isForAnother = owner != uid
      }
      if let group = change.group, group != .max { self.group = group }
    default: break
    }
  }

  /// Made with this mode, less what the umask takes, which never is one of these bits.
  mutating func make(_ mode: UInt32, at time: UInt64) {
    if mode & 0o6000 != 0 { set(mode & 0o6000, at: time) }
  }

  private mutating func set(_ mode: UInt32?, at time: UInt64) {
    guard let mode, time >= modeTime else { return }
    self.mode = UInt16(mode & 0o7777)
    modeTime = time
  }

  /// Whoever executes it is given its owner's rights, or its group's. A chown takes them back.
  public var isSetUserID: Bool { (mode ?? 0) & 0o4000 != 0 && modeTime >= ownerTime }
  public var isSetGroupID: Bool { (mode ?? 0) & 0o2000 != 0 && modeTime >= ownerTime }
  /// Everybody may write to it, or put anything into it and take away anything.
  public var isForAll: Bool { (mode ?? 0) & 0o1002 == 0o2 }
  /// Worth to be known whatever else was done with the file.
  public var isWeighty: Bool { isSetUserID || isSetGroupID || isForAll || isForAnother }
}
