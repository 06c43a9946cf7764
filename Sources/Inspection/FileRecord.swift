// SPDX-License-Identifier: Apache-2.0

/// What one program met at one path.
public struct Touch: Hashable, Sendable {
  /// The first time, in nanoseconds since boot.
  public internal(set) var time: UInt64
  public internal(set) var program: Program.ID
  public internal(set) var found: Found
  /// The latest error other than "not there"; 0 for none.
  public internal(set) var error: Int16

  public struct Found: OptionSet, Hashable, Sendable {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    public static let absent = Found(rawValue: 1)
    public static let present = Found(rawValue: 2)
    public static let read = Found(rawValue: 4)
    public static let listed = Found(rawValue: 8)
    public static let written = Found(rawValue: 16)
    public static let failed = Found(rawValue: 32)
    public static let executed = Found(rawValue: 64)
    public static let changed = Found(rawValue: 128)
    public static let used: Found = [.read, .listed, .written, .executed]
  }
}

/// One path, and everything that was done with it.
public struct FileRecord: Sendable {
  /// Absolute, as the event gave it.
  public private(set) var path: ByteString
  public internal(set) var counts = FileCounts()
  /// By program, at most `Limits.touchesOfPath`; in order of arrival.
  public var touches: [Touch] { [firstTouch] + moreTouches }
  /// Further programs are not kept.
  public internal(set) var hasMoreTouches = false
  /// Part of the path was not kept by the kernel side.
  public internal(set) var isTruncated = false
  /// A file without a name (O_TMPFILE) that was given one: another record's path.
  public internal(set) var isNamed = false
  /// What was given to the file that has this name now, whatever it was called then.
  public internal(set) var rights = FileRights()

  var firstTouch: Touch
  var moreTouches: [Touch] = []
  /// When it was first not there, first there, first deleted, and first made or opened with O_CREAT; .max for
  /// never.
  var firstAbsent = UInt64.max
  var firstPresent = UInt64.max
  var firstDeleted = UInt64.max
  public internal(set) var firstCreating = UInt64.max

  init(_ path: ByteString, touch: Touch) {
    self.path = path
    firstTouch = touch
  }

  /// The same as if it had been there under another name until now.
  public func moved(to path: ByteString) -> FileRecord {
    var record = self
    record.path = path
    record.lastGone = 0
    return record
  }

  /// The first time anything was done with it, in nanoseconds since boot.
  public var first: UInt64 { moreTouches.reduce(firstTouch.time) { min($0, $1.time) } }

  /// Surely made by this run, where nothing had been that the run deleted: the kernel says so, or it was not there before
  /// O_CREAT.
  public var isCreated: Bool {
    if isMadeAnew { return false }
    return counts[.created] > 0 || counts[.directoryCreated] > 0 || counts[.linked] > 0
      || (counts[.maybeCreated] > 0 && firstAbsent < firstCreating && firstPresent >= firstCreating)
  }
  /// Made by this run after it had deleted what had this name before.
  public var isMadeAnew: Bool {
    firstDeleted < firstCreating
      && counts[.created] + counts[.directoryCreated] + counts[.linked] + counts[.maybeCreated] > 0
  }
  /// Not there when it was first asked for.
  public var wasAbsent: Bool { firstAbsent < firstPresent }
  /// Somebody met it there, before or after others did not.
  public var wasThere: Bool {
    firstPresent < .max
      || touches.contains { !$0.found.isDisjoint(with: Touch.Found.used.union([.present, .changed])) }
  }
  /// Deleted or renamed away at least as often as it came.
  public var isGone: Bool {
    let gone = counts[.deleted] + counts[.directoryDeleted] + counts[.renamedFrom]
    return gone > 0 && lastGone >= lastThere
  }
  /// When it was last deleted or renamed away, and last seen there, in nanoseconds since boot; 0 for never.
  public internal(set) var lastGone: UInt64 = 0
  public internal(set) var lastThere: UInt64 = 0
  /// When a call last said that it is not there; 0 for never.
  var lastAbsent: UInt64 = 0
  /// The name that it was first opened by, as it was asked for, where that is or leads through a symbolic link.
  public internal(set) var link: ByteString?
}
