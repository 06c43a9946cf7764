// SPDX-License-Identifier: Apache-2.0

/// A process, unique within one boot: a pid may be used again, the pair never.
public struct ProcessID: Hashable, Sendable {
  /// The process id (the kernel's tgid), as the initial pid namespace numbers it.
  public var pid: Int32
  /// When the process was started: nanoseconds since boot (`start_boottime` of its thread group leader).
  public var start: UInt64

  public init(pid: Int32, start: UInt64) {
    self.pid = pid
    self.start = start
  }
}

/// One thing that a process did, as the kernel saw it.
public struct Event: Hashable, Sendable {
  /// When it was done (for calls: when the call returned): nanoseconds since boot, suspended time included.
  public var time: UInt64
  public var process: ProcessID
  /// The thread that did it.
  public var tid: Int32
  /// The parent at that moment; after a parent's end the process that adopted it.
  public var ppid: Int32
  /// The real user id, in the initial user namespace.
  public var uid: UInt32
  /// The thread's name, at most 15 bytes.
  public var comm: ByteString
  public var body: Body

  public init(
    time: UInt64, process: ProcessID, tid: Int32, ppid: Int32, uid: UInt32, comm: ByteString, body: Body
  ) {
    self.time = time
    self.process = process
    self.tid = tid
    self.ppid = ppid
    self.uid = uid
    self.comm = comm
    self.body = body
  }

  public enum Body: Hashable, Sendable {
    case fork(Fork)
    case exec(Exec)
    case failedExec(FailedExec)
    case exit(Exit)
    case open(Open)
    case lookup(Lookup)
    case change(Change)
    case socket(SocketEvent)
    case act(SystemAct)
    case signal(SignalSent)
    case fileIO(FileIO)
    case existing(Existing)
    case environment(EnvironmentRead)
    case interpreter(Interpreter)
    case function(FunctionProfile)
  }
}

/// A new process (a new thread is no event).
public struct Fork: Hashable, Sendable {
  public var child: ProcessID
  /// The child's number in its own pid namespace; nil where that is the first one.
  public var innerPID: Int32?
  public init(child: ProcessID, innerPID: Int32? = nil) {
    self.child = child
    self.innerPID = innerPID
  }
}

/// A program that began, in a process that had another one before.
public struct Exec: Hashable, Sendable {
  /// The executable, absolute and resolved; for a script its interpreter.
  public var exe: ByteString
  /// The name given to execve, or /dev/fd/N for execveat with a descriptor.
  public var filename: ByteString
  /// What the new program received, as /proc/PID/cmdline shows it.
  public var argv: [ByteString]
  /// How many bytes the arguments have, their terminating zeros included; more than `argv` holds when
  /// `isArgvTruncated`.
  public var argvSize: Int
  public var isArgvTruncated: Bool
  /// The indexes of those arguments in which `***` stands for a secret.
  public var redacted: [Int] = []
  /// The arguments could not be read at all (`argv` is then empty, and that says nothing).
  public var isArgvUnreadable: Bool
  /// The executable has no name any more, or never had (a memfd); or its path is longer than was kept, and lacks
  /// its beginning.
  public var isExeDeleted = false
  public var isExeTruncated = false
  /// The working directory, absolute.
  public var cwd: ByteString
  /// The path of the working directory is longer than was kept, and lacks its beginning.
  public var isCwdTruncated = false
  /// For a `#!` file the interpreter as the file names it, and the file as execve was given it.
  public var interpreter: ByteString?
  public var script: ByteString?
  /// Where descriptors 0, 1 and 2 point (`pipe:[N]`, a path, …); nil where closed.
  public var stdio: [ByteString?]
  public var gid: UInt32
  public var euid: UInt32
  public var egid: UInt32
  /// The number in its own pid namespace; nil where that is the first one.
  public var innerPID: Int32?
  /// The path of its cgroup in the unified hierarchy; nil where it is Honeyguide's own.
  public var cgroup: ByteString?
  /// The id of the container that the cgroup is one of.
  public var container: ByteString?
  /// What of its environment is new; nil where that is not told.
  public var environment: EnvironmentDifference?

  public init(
    exe: ByteString, filename: ByteString, argv: [ByteString], argvSize: Int,
    isArgvTruncated: Bool = false, isArgvUnreadable: Bool = false, cwd: ByteString,
    interpreter: ByteString? = nil, script: ByteString? = nil, stdio: [ByteString?] = [],
    gid: UInt32 = 0, euid: UInt32 = 0, egid: UInt32 = 0
  ) {
    self.exe = exe
    self.filename = filename
    self.argv = argv
    self.argvSize = argvSize
    self.isArgvTruncated = isArgvTruncated
    self.isArgvUnreadable = isArgvUnreadable
    self.cwd = cwd
    self.interpreter = interpreter
    self.script = script
    self.stdio = stdio
    self.gid = gid
    self.euid = euid
    self.egid = egid
  }
}

/// An execve or execveat that did not succeed.
public struct FailedExec: Hashable, Sendable {
  /// The name: as asked in `requested`, absolute in `path`.
  public var target: PathArgument
  public var error: ErrorNumber
  public init(target: PathArgument, error: ErrorNumber) {
    self.target = target
    self.error = error
  }
}

/// The end of a process, with its last thread.
public struct Exit: Hashable, Sendable {
  public enum Status: Hashable, Sendable {
    case code(Int32)
    case signal(Int32, coreDumped: Bool)
  }
  public var status: Status
  /// Since the process was started (fork, not exec), in nanoseconds; of the command itself since it was released.
  public var duration: UInt64
  /// Processor time of all its threads, in nanoseconds.
  public var userTime: UInt64
  public var systemTime: UInt64
  /// The peak of resident memory, in KiB.
  public var maxRSS: UInt64

  public init(
    status: Status, duration: UInt64, userTime: UInt64, systemTime: UInt64, maxRSS: UInt64
  ) {
    self.status = status
    self.duration = duration
    self.userTime = userTime
    self.systemTime = systemTime
    self.maxRSS = maxRSS
  }
}

/// A path that a call was given, and where it leads.
public struct PathArgument: Hashable, Sendable {
  /// As the program wrote it; nil when its memory could not be read (then the call failed with EFAULT, or
  /// another thread took the page away), or when the call took a descriptor and no name.
  public var requested: ByteString?
  /// Absolute. Of a descriptor that was opened: resolved, with no symbolic link in it. Otherwise the
  /// directory it was relative to, resolved, joined with the name as asked ("." and "//" removed, ".." kept,
  /// since removing it would be wrong behind a symbolic link). Nil when nothing of it is known.
  public var path: ByteString?
  /// Where a process with another root or other mounts sees `path`, and it lies elsewhere for us: there. Nil: `path` itself,
  /// or (in another mount namespace) nowhere that we can reach.
  public var hostPath: ByteString?
  /// Where it is for us, as far as that is known.
  public var ourPath: ByteString? { hostPath ?? path }
  public var isUnreadable: Bool
  /// Longer than was kept.
  public var isTruncated: Bool
  /// The file had no name any more.
  public var isDeleted: Bool

  public init(
    requested: ByteString?, path: ByteString?, isUnreadable: Bool = false, isTruncated: Bool = false,
    isDeleted: Bool = false
  ) {
    self.requested = requested
    self.path = path
    self.isUnreadable = isUnreadable
    self.isTruncated = isTruncated
    self.isDeleted = isDeleted
  }
}

/// A file opened by name: open, openat, openat2 or creat.
public struct Open: Hashable, Sendable {
  public var target: PathArgument
  /// The flags as the call was given them (`O_*`), and the mode, which counts only with O_CREAT or O_TMPFILE.
  public var flags: OpenFlags
  public var mode: UInt32
  /// The descriptor, or why there is none.
  public var result: Result
  public enum Result: Hashable, Sendable {
    case descriptor(Int32)
    case error(ErrorNumber)
  }
  /// Whether this very call made the file, by the kernel's own word (`FMODE_CREATED` of the open file); nil where that could not
  /// be read.
  public var isCreated: Bool?

  public init(target: PathArgument, flags: OpenFlags, mode: UInt32, result: Result, isCreated: Bool? = nil) {
    self.target = target
    self.flags = flags
    self.mode = mode
    self.result = result
    self.isCreated = isCreated
  }
}

/// A question about a name that opens nothing: stat, access, readlink and their relatives. One event for each
/// (process, path, result); repeats are left out in the kernel.
public struct Lookup: Hashable, Sendable {
  /// The system call's name.
  public var call: String
  public var target: PathArgument
  /// Nil: it is there.
  public var error: ErrorNumber?

  public init(call: String, target: PathArgument, error: ErrorNumber?) {
    self.call = call
    self.target = target
    self.error = error
  }
}

/// A change to names or to what belongs to them.
public struct Change: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    case unlink, rmdir, mkdir, rename, link, symlink, truncate, chmod, chown, chdir, mknod
  }
  public var kind: Kind
  /// The system call's name (`unlinkat` for an `unlink`).
  public var call: String
  /// What was changed. Of a link the file it points to; of a symbolic link the link itself.
  public var target: PathArgument
  /// Where to: the new name of a rename, the new name of a link, a symbolic link's text (as written).
  public var to: PathArgument?
  /// chmod's mode, mkdir's mode, mknod's mode with its type, mknod's device as it takes it, truncate's length, chown's owner (4294967295: unchanged).
  public var mode: UInt32?
  public var device: UInt32?
  public var length: Int64?
  public var owner: UInt32?
  public var group: UInt32?
  /// renameat2's flags; nil where a rename has none, or they were not told.
  public var flags: RenameFlags?
  /// Nil: done.
  public var error: ErrorNumber?

  public init(
    kind: Kind, call: String, target: PathArgument, to: PathArgument? = nil, mode: UInt32? = nil,
    device: UInt32? = nil, length: Int64? = nil, owner: UInt32? = nil, group: UInt32? = nil,
    error: ErrorNumber? = nil
  ) {
    self.kind = kind
    self.call = call
    self.target = target
    self.to = to
    self.mode = mode
    self.device = device
    self.length = length
    self.owner = owner
    self.group = group
    self.error = error
  }
}
