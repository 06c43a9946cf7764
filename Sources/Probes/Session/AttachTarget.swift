// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
public import Inspection

/// Who is to be followed, found and checked: processes are held by descriptors, so that a number that is used again
/// means nobody else.
public struct AttachTarget: ~Copyable {
  /// What it is called.
  public let attachment: Attachment
  let scope: Tracer.Scope
  private let processes: [Process]

  private final class Process {
    let pid: Int32
    let pidfd: Descriptor
    init(pid: Int32, pidfd: consuming Descriptor) {
      self.pid = pid
      self.pidfd = pidfd
    }
  }

  /// The whole machine, but Honeyguide itself.
  public static var all: AttachTarget { AttachTarget(attachment: .all, scope: .all, processes: []) }

  /// Processes, by pid (pidfd_open(2)); with the children that they have and will have.
  public static func processes(
    _ pids: [Int32], withChildren: Bool, table: ProcFileSystem = ProcFileSystem()
  ) throws(AttachError) -> AttachTarget {
    var found: [Process] = []
    var targets: [Attachment.Target] = []
    for pid in pids where !targets.contains(where: { $0.pid == pid }) {
      if pid == getpid() { throw .ourselves(pid) }
      let status = table.status(of: pid)
      let pidfd = hg_pidfd_open(pid)
      if pidfd < 0 {
        if let leader = table.leader(of: pid), leader != pid { throw .thread(pid, of: leader) }
        if pidfd == -ESRCH { throw .noProcess(pid) }
        throw .cannotOpen(pid, ErrorNumber(-pidfd))
      }
      let process = Process(pid: pid, pidfd: Descriptor(pidfd))
      guard let status else { throw .ended(pid) }
      if table.isKernelThread(pid) { throw .kernelThread(pid, status.name) }
      if status.state == UInt8(ascii: "Z") { throw .ended(pid) }
      found.append(process)
      targets.append(Attachment.Target(pid: pid, name: status.name))
    }
    return AttachTarget(
      attachment: .processes(targets, withChildren: withChildren),
      scope: .processes(withChildren: withChildren), processes: found)
  }

  /// A control group of version 2, by the path of its directory, from the working directory or from the root of control
  /// groups.
  public static func cgroup(
    _ path: ByteString, table: ProcFileSystem = ProcFileSystem()
  ) throws(AttachError) -> AttachTarget {
    let root = table.cgroupRoot
    var candidates = [path]
    if let root { candidates.append(ByteString(root.bytes + [UInt8(ascii: "/")] + path.bytes)) }
    var isThere = false
    for candidate in candidates {
      var about = stat(), system = statfs()
      let name = candidate.cString
      guard unsafe stat(name, &about) == 0, about.st_mode & S_IFMT == S_IFDIR else { continue }
      isThere = true
      guard unsafe statfs(name, &system) == 0, system.f_type == 0x6367_7270 else { continue }
      return AttachTarget(attachment: .cgroup(candidate), scope: .cgroup(UInt64(about.st_ino)), processes: [])
    }
    throw isThere ? .noCgroup2(path, root: root) : .noDirectory(path, root: root)
  }

  private init(attachment: Attachment, scope: Tracer.Scope, processes: [Process]) {
    self.attachment = attachment
    self.scope = scope
    self.processes = processes
  }

  /// Those that are followed, where all of them are known; nil: some may be anybody's.
  var namedProcesses: [Int32]? {
    if case .processes(_, withChildren: false) = attachment { return processes.map(\.pid) }
    return nil
  }

  var firstProcess: Int32? { processes.first?.pid }

  /// Whether one of the processes has not ended (poll(2) on its descriptor).
  var isAnybodyAlive: Bool {
    processes.contains { process in
      var waiting = pollfd(fd: process.pidfd.number, events: Int16(POLLIN), revents: 0)
      return unsafe poll(&waiting, 1, 0) == 0
    }
  }

  /// Whether nobody can be followed any more, now that none of those who were is alive: into a control group somebody may come
  /// until it is removed. A group that is made anew under its name has another inode.
  var isOver: Bool {
    switch scope {
    case .processes: return true
    case .cgroup(let number):
      guard case .cgroup(let path) = attachment else { return true }
      var about = stat()
      return unsafe stat(path.cString, &about) != 0 || UInt64(about.st_ino) != number
    case .all: return false
    }
  }

  func forEachProcess(_ body: (Int32, Int32) throws -> Void) rethrows {
    for process in processes { try body(process.pid, process.pidfd.number) }
  }
}

/// Why there is nobody to attach to: one sentence that says what to do.
public enum AttachError: Error, Hashable, Sendable, CustomStringConvertible {
  case noProcess(Int32)
  case thread(Int32, of: Int32)
  case kernelThread(Int32, ByteString)
  case ended(Int32)
  case hidden(Int32)
  case ourselves(Int32)
  case cannotOpen(Int32, ErrorNumber)
  case noDirectory(ByteString, root: ByteString?)
  case noCgroup2(ByteString, root: ByteString?)

  public var description: String {
    switch self {
    case .noProcess(let pid): return "There is no process \(pid); see ps -e for those there are."
    case .thread(let tid, let leader):
      return "\(tid) is a thread of process \(leader); give the process, with all its threads: -p \(leader)"
    case .kernelThread(let pid, let name):
      return "\(pid) is a thread of the kernel (\(name.quoted)), which makes no system calls; give a process."
    case .ended(let pid): return "Process \(pid) has ended; there is nothing left to follow."
    case .hidden(let pid):
      return "Process \(pid) cannot be followed: this kernel leaves it out where it lists processes for eBPF."
    case .ourselves(let pid): return "\(pid) is Honeyguide itself; give another process."
    case .cannotOpen(let pid, let error):
      return "Process \(pid) could not be opened: pidfd_open failed with \(error); try again."
    case .noDirectory(let path, let root):
      return "There is no control group \(path.quoted)\(Self.place(root))"
    case .noCgroup2(let path, let root):
      return "\(path.quoted) is no control group of version 2\(Self.place(root))"
    }
  }

  private static func place(_ root: ByteString?) -> String {
    guard let root else { return "; on this machine no cgroup2 file system is mounted." }
    return "; give a directory below \(root.quoted), or its path from there."
  }
}

extension ProcFileSystem {
  /// The process that a thread belongs to; nil where there is no such thread.
  fileprivate func leader(of tid: Int32) -> Int32? {
    field("Tgid", of: tid).flatMap { Int32($0) }
  }

  /// A thread of the kernel has no memory of its own, and is no zombie.
  fileprivate func isKernelThread(_ pid: Int32) -> Bool {
    if let word = field("Kthread", of: pid) { return word == "1" }
    // Before Linux 6.8.
    return field("VmSize", of: pid) == nil && status(of: pid)?.state != UInt8(ascii: "Z")
  }

  private func field(_ name: String, of pid: Int32) -> String? {
    guard let text = readFile(ByteString(root.bytes + Array("/\(pid)/status".utf8))) else { return nil }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = String(decoding: line, as: UTF8.self).split(separator: "\t", maxSplits: 1)
      if words.count == 2, words[0] == name + ":" { return String(words[1]) }
    }
    return nil
  }

  /// Where the file system of control groups, version 2, is mounted.
  fileprivate var cgroupRoot: ByteString? {
    guard let text = readFile(ByteString(root.bytes + Array("/self/mountinfo".utf8))) else { return nil }
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = line.split(separator: UInt8(ascii: " "))
      guard let dash = words.firstIndex(where: { $0.elementsEqual("-".utf8) }), words.count > dash + 1,
        words[dash + 1].elementsEqual("cgroup2".utf8), words.count > 4
      else { continue }
      return ByteString(words[4])
    }
    return nil
  }
}
