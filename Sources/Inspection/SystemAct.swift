// SPDX-License-Identifier: Apache-2.0

/// What a process did to its own place in the system, or to other processes: mounts, roots, namespaces, users, names,
/// tracing.
public struct SystemAct: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case mount, umount, chroot
    case pivotRoot = "pivot_root"
    case setns, unshare
    /// setuid and its relatives.
    case setID = "setid"
    /// prctl(PR_SET_NAME): the event's `comm` is the new name.
    case name
    case ptrace
    /// A signal that could not be sent; those that were are `SignalSent`.
    case kill
    /// Requests of io_uring that are only counted: `call` is the operation, `flags` how many.
    case uring = "io_uring"
  }
  public var kind: Kind
  /// The system call's name.
  public var call: String
  /// Mount point, new root, the descriptor of a namespace.
  public var target: PathArgument?
  /// What was mounted: as written for mount, a path for move_mount. Of pivot_root where the old root went.
  public var source: PathArgument?
  /// mount's type of file system.
  public var fileSystem: ByteString?
  /// mount's, umount's, setns' and unshare's flags, as given.
  public var flags: UInt64?
  /// The other arguments as given: users and groups (-1: as it was), a request and a process, a process and a signal.
  public var arguments: [Int32] = []
  /// Of a `setID`: users and groups when the call had ended.
  public var ids: IDs?
  /// Nil: done.
  public var error: ErrorNumber?

  public init(
    kind: Kind, call: String, target: PathArgument? = nil, source: PathArgument? = nil,
    fileSystem: ByteString? = nil, flags: UInt64? = nil, arguments: [Int32] = [], ids: IDs? = nil,
    error: ErrorNumber? = nil
  ) {
    self.kind = kind
    self.call = call
    self.target = target
    self.source = source
    self.fileSystem = fileSystem
    self.flags = flags
    self.arguments = arguments
    self.ids = ids
    self.error = error
  }

  /// Real, effective, saved and file system ids, in the initial user namespace.
  public struct IDs: Hashable, Sendable {
    public var users: [UInt32]
    public var groups: [UInt32]
    public init(users: [UInt32], groups: [UInt32]) {
      self.users = users
      self.groups = groups
    }
  }

  /// The names of `flags`, bits without a name as one hexadecimal number.
  public var flagNames: [String] {
    let names: [(UInt64, String)]
    switch kind {
    case .mount where call == "mount": names = Self.mountFlags
    case .umount: names = Self.unmountFlags
    case .setns, .unshare: names = Self.namespaceFlags
    default: names = []
    }
    var rest = flags ?? 0
    // The upper half was a magic number once.
    if call == "mount", rest & 0xffff_0000 == 0xc0ed_0000 { rest &= 0xffff }
    let found = names.filter { rest & $0.0 != 0 }
    for (bit, _) in found { rest &= ~bit }
    return found.map(\.1) + (rest == 0 ? [] : ["0x" + String(rest, radix: 16)])
  }

  private static let mountFlags: [(UInt64, String)] = [
    (1, "MS_RDONLY"), (2, "MS_NOSUID"), (4, "MS_NODEV"), (8, "MS_NOEXEC"), (16, "MS_SYNCHRONOUS"),
    (32, "MS_REMOUNT"), (64, "MS_MANDLOCK"), (128, "MS_DIRSYNC"), (256, "MS_NOSYMFOLLOW"),
    (1024, "MS_NOATIME"), (2048, "MS_NODIRATIME"), (4096, "MS_BIND"), (8192, "MS_MOVE"), (16384, "MS_REC"),
    (32768, "MS_SILENT"), (1 << 16, "MS_POSIXACL"), (1 << 17, "MS_UNBINDABLE"), (1 << 18, "MS_PRIVATE"),
    (1 << 19, "MS_SLAVE"), (1 << 20, "MS_SHARED"), (1 << 21, "MS_RELATIME"), (1 << 23, "MS_I_VERSION"),
    (1 << 24, "MS_STRICTATIME"), (1 << 25, "MS_LAZYTIME"),
  ]

  private static let unmountFlags: [(UInt64, String)] = [
    (1, "MNT_FORCE"), (2, "MNT_DETACH"), (4, "MNT_EXPIRE"), (8, "UMOUNT_NOFOLLOW"),
  ]

  private static let namespaceFlags: [(UInt64, String)] = [
    (0x80, "CLONE_NEWTIME"), (0x100, "CLONE_VM"), (0x200, "CLONE_FS"), (0x400, "CLONE_FILES"),
    (0x800, "CLONE_SIGHAND"), (0x10000, "CLONE_THREAD"), (0x20000, "CLONE_NEWNS"),
    (0x40000, "CLONE_SYSVSEM"), (0x200_0000, "CLONE_NEWCGROUP"), (0x400_0000, "CLONE_NEWUTS"),
    (0x800_0000, "CLONE_NEWIPC"), (0x1000_0000, "CLONE_NEWUSER"), (0x2000_0000, "CLONE_NEWPID"),
    (0x4000_0000, "CLONE_NEWNET"),
  ]
}

/// A signal that one process sent another. The event is the sender's, or the receiver's where only that one is followed.
public struct SignalSent: Hashable, Sendable {
  public var signal: Signal
  /// The receiver; the sender when `isReceived`.
  public var other: ProcessID
  public var otherComm: ByteString
  public var isReceived: Bool

  public init(signal: Signal, other: ProcessID, otherComm: ByteString, isReceived: Bool) {
    self.signal = signal
    self.other = other
    self.otherComm = otherComm
    self.isReceived = isReceived
  }
}

/// What was done of that.
public struct ActTable: Sendable {
  public enum Deed: Hashable, Sendable {
    case act(SystemAct)
    case signal(Signal, Other, isReceived: Bool)
  }

  /// Who was sent a signal, or sent it.
  public enum Other: Hashable, Sendable {
    case program(Program.ID)
    /// Honeyguide, which sends nothing of its own accord: it was sent the signal, and passed it on.
    case inspector
    /// The name of the thread of a process that is not followed.
    case stranger(ByteString)
  }

  public struct Act: Hashable, Sendable {
    public let program: Program.ID
    public let deed: Deed
  }

  public private(set) var all = Occurrences<Act>(limit: 2048)

  init() {}

  mutating func add(_ act: SystemAct, by program: Program.ID, at time: UInt64) {
    // Every second program gives its threads names.
    if act.kind != .name { add(.act(act), program, time) }
  }

  mutating func add(_ sent: SignalSent, _ other: Other, by program: Program.ID, at time: UInt64) {
    add(.signal(sent.signal, other, isReceived: sent.isReceived), program, time)
  }

  private mutating func add(_ deed: Deed, _ program: Program.ID, _ time: UInt64) {
    all.add(Act(program: program, deed: deed), at: time)
  }

  var memory: Int { all.entries.count * 600 }
}
