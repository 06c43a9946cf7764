// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What include/uapi calls CLONE_THREAD, CLONE_FS, AT_EMPTY_PATH, AT_REMOVEDIR and AT_FDCWD.
private enum KernelNumber {
  static let cloneThread: UInt64 = 0x10000
  static let cloneFileSystem: UInt64 = 0x200
  static let emptyPath: Int64 = 0x1000
  static let removeDirectory: Int64 = 0x200
  static let workingDirectory: Int64 = -100
}

/// What a command did according to strace, by the rules that Honeyguide promises:
///
/// - the path of a successful open is that of the descriptor, as the kernel names it (strace -y);
/// - every other path is the name as asked, seen from the directory it is relative to;
/// - a call that a signal interrupted and that will be restarted is no event (`?`).
public struct StraceWitness {
  public private(set) var observations: Observations = [:]

  /// What threads with CLONE_FS share.
  private final class Directory {
    var path: Bytes
    /// Another one than the first process's after chroot.
    var root: Bytes
    init(_ path: Bytes, root: Bytes = "/") {
      self.path = path
      self.root = root
    }
  }

  private final class Process {
    let pid: Int32
    var actor: Bytes
    var lookups: Set<String> = []
    init(pid: Int32, actor: Bytes) {
      self.pid = pid
      self.actor = actor
    }
  }

  private struct Thread {
    var process: Process
    var directory: Directory
  }

  private let lines: [StraceLog.Line]
  private var threads: [Int32: Thread] = [:]
  /// The calls that made a thread, by its number, with the line they ended at.
  private var births: [Int32: [(line: Int, call: StraceLog.Call)]] = [:]
  /// Such calls whose caller was ended within them, by another thread's exec: the child's number is not known.
  private var unansweredBirths: [(line: Int, call: StraceLog.Call)] = []
  private var sockets = StraceSockets()

  /// - Parameter directory: where the command was started, resolved.
  /// - Parameter attached: of strace -p: the process, and the threads that it had.
  public init(_ log: StraceLog, directory: Bytes, attached: (pid: Int32, threads: [Int32])? = nil) throws {
    lines = log.lines
    for (index, line) in lines.enumerated() {
      guard case .call(let call) = line, ["clone", "clone3", "fork", "vfork"].contains(call.name),
        call.error == nil
      else { continue }
      if call.isWithoutResult {
        unansweredBirths.append((index, call))
      } else if let child = call.result.number {
        births[Int32(child), default: []].append((index, call))
      }
    }
    if let attached {
      let process = Process(pid: attached.pid, actor: "(start)")
      let shared = Directory(directory)
      for tid in attached.threads { threads[tid] = Thread(process: process, directory: shared) }
    }
    var isFirst = attached == nil
    for (index, line) in lines.enumerated() {
      switch line {
      case .call(let call):
        if isFirst {
          // The command itself: it begins with its execve.
          let process = Process(pid: call.tid, actor: "(start)")
          threads[call.tid] = Thread(process: process, directory: Directory(directory))
          isFirst = false
        }
        try observe(call, in: try thread(call.tid, at: index), at: index)
      case .superseded(let old, let leader):
        // The other threads are gone; the one that executed goes on under the leader's number.
        threads[leader] = threads.removeValue(forKey: old) ?? threads[leader]
      case .end(let tid, let status):
        let thread = try thread(tid, at: index)
        if thread.process.pid == tid {
          observations.add(.exit(by: thread.process.actor, status: try Self.exitStatus(status)))
        }
        threads[tid] = nil
      }
    }
    for observation in sockets.end() { observations.add(observation) }
  }

  private mutating func thread(_ tid: Int32, at index: Int) throws -> Thread {
    if let thread = threads[tid] { return thread }
    // A child may be heard of before the call that made it has returned. Its parent waits in that call, so its
    // parent's state is what was inherited.
    guard let birth = birth(of: tid, at: index), let parent = threads[birth.tid] else {
      throw StraceScanner.Failure(description: "nobody made the thread \(tid)")
    }
    let flags = Self.cloneFlags(birth)
    let isThread = flags & KernelNumber.cloneThread != 0
    let thread = Thread(
      process: isThread ? parent.process : Process(pid: tid, actor: parent.process.actor),
      directory: flags & KernelNumber.cloneFileSystem != 0
        ? parent.directory : Directory(parent.directory.path, root: parent.directory.root))
    threads[tid] = thread
    return thread
  }

  private mutating func birth(of tid: Int32, at index: Int) -> StraceLog.Call? {
    if let birth = births[tid]?.first(where: { $0.line > index }) ?? births[tid]?.last { return birth.call }
    guard let place = unansweredBirths.firstIndex(where: { $0.line > index }) else { return nil }
    return unansweredBirths.remove(at: place).call
  }

  private static func cloneFlags(_ call: StraceLog.Call) -> UInt64 {
    for argument in call.arguments {
      if let number = argument.member("flags")?.number { return UInt64(bitPattern: number) }
    }
    return 0
  }

  private static func exitStatus(_ text: String) throws -> String {
    let words = text.split(separator: " ")
    if words.count == 3, words[0] == "exited" { return "code \(words[2])" }
    if words.count >= 3, words[0] == "killed" { return "signal \(words[2])" }
    throw StraceScanner.Failure(description: "an end that is none: \(text)")
  }

  private mutating func observe(_ call: StraceLog.Call, in thread: Thread, at index: Int) throws {
    switch call.name {
    case "clone", "clone3", "fork", "vfork":
      // Makes the child known even when it is never heard of again before its end.
      if call.error == nil, let child = call.result.number { _ = try self.thread(Int32(child), at: index) }
    case "chroot":
      guard call.error == nil, let name = call.arguments[0].string else { return }
      let directory = thread.directory
      directory.root = name.isAbsolute ? directory.root.below(name) : directory.path.joined(name)
    case "execve", "execveat": observeExec(call, in: thread)
    case _ where StraceSockets.calls.contains(call.name):
      let directory = thread.directory
      for observation in sockets.observe(
        call, by: thread.process.actor,
        place: { $0.isAbsolute ? directory.root.below($0) : directory.path.joined($0) })
      { observations.add(observation) }
    default: observePath(call, in: thread, at: index)
    }
  }

  // MARK: Programs

  private mutating func observeExec(_ call: StraceLog.Call, in thread: Thread) {
    if call.isWithoutResult { return }
    let isAt = call.name == "execveat"
    let name = call.arguments[isAt ? 1 : 0].string
    var filename = name
    // fs/exec.c, alloc_bprm: what a descriptor leads to is named by the descriptor.
    if isAt, let name, !name.isAbsolute, call.arguments[0].number != KernelNumber.workingDirectory {
      let descriptor = Bytes("/dev/fd/\(call.arguments[0].number ?? -1)")
      filename = name.isEmpty ? descriptor : Bytes(descriptor.array + [UInt8(ascii: "/")] + name.array)
    }
    let actor = thread.process.actor
    if let error = call.error {
      observations.add(.exec(by: actor, filename: name, argv: nil, error: error))
      return
    }
    var file = name.map { thread.directory.path.joined($0) }
    if isAt, let name, !name.isAbsolute, let directory = call.arguments[0].annotation {
      file = name.isEmpty ? directory : directory.joined(name)
    }
    let arguments = call.arguments[isAt ? 2 : 1].elements.compactMap(\.string)
    let argv = Self.received(arguments, file: file, filename: filename ?? "", from: thread.directory.path)
    observations.add(.exec(by: actor, filename: filename, argv: argv, error: nil))
    thread.process.actor = filename ?? "(unreadable)"
    // Another program in the same process asks anew.
    thread.process.lookups = []
  }

  /// The arguments that the new program gets, where the old one gave `given`: strace sees them before the kernel
  /// puts a script's interpreter in the place of argv[0] (fs/binfmt_script.c), so the same is done here.
  static func received(_ given: [Bytes], file: Bytes?, filename: Bytes, from directory: Bytes) -> [Bytes] {
    // "" in the place of no arguments at all: fs/exec.c, do_execveat_common.
    var argv = given.isEmpty ? [""] : given
    var file = file
    var filename = filename
    for _ in 0..<5 {
      guard let path = file, let line = Self.interpreterLine(of: path) else { break }
      argv = [line.interpreter] + (line.argument.map { [$0] } ?? []) + [filename] + argv.dropFirst()
      filename = line.interpreter
      file = directory.joined(line.interpreter)
    }
    return argv
  }

  private static func interpreterLine(of file: Bytes) -> (interpreter: Bytes, argument: Bytes?)? {
    guard let head = try? Files.read(file, atMost: 256), head.starts(with: "#!".utf8) else { return nil }
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }.drop(while: isBlank)
    let interpreter = line.prefix { !isBlank($0) }
    var argument = line.dropFirst(interpreter.count).drop(while: isBlank)
    while let last = argument.last, isBlank(last) { argument = argument.dropLast() }
    return (Bytes(interpreter), argument.isEmpty ? nil : Bytes(argument))
  }

  // MARK: Paths

  private mutating func observePath(_ call: StraceLog.Call, in thread: Thread, at index: Int) {
    guard let shape = StraceCallShape.all[call.name], !call.isWithoutResult else { return }
    let arguments = call.arguments
    let flags = shape.flags.flatMap { $0 < arguments.count ? arguments[$0].number : nil } ?? 0
    let requested = shape.path.flatMap { arguments[$0].string }
    let isUnreadable = shape.path != nil && requested == nil
    // An empty name that is not there is no place; with AT_EMPTY_PATH it is the descriptor's.
    let isNowhere = requested?.isEmpty == true && call.error == "ENOENT"
    let path = isNowhere ? nil : Self.path(arguments, shape.directory, shape.path, from: thread.directory)
    let text = { Observation.path($0, requested: requested, isUnreadable: isUnreadable) }
    let actor = thread.process.actor

    switch shape.meaning {
    case .open, .openat2:
      let (flags, mode) = Self.openFlags(shape, arguments)
      let resolved = call.error == nil ? call.result.annotation : path
      observations.add(
        .open(
          by: actor, path: text(resolved), flags: flags, mode: mode,
          error: call.error))

    case .lookup:
      // An empty name with AT_EMPTY_PATH asks about a descriptor: fstat by another name.
      if requested?.isEmpty == true, flags & KernelNumber.emptyPath != 0 { return }
      let observation = Observation.lookup(
        by: actor, path: text(path), error: call.error)
      // Once for each program of each process.
      if thread.process.lookups.insert(observation.text).inserted { observations.add(observation) }

    case .change(var name):
      if call.name == "unlinkat", flags & KernelNumber.removeDirectory != 0 { name = "rmdir" }
      var target = path
      if name == "chdir", call.error == nil {
        target = newDirectory(call, path: path, at: index)
        thread.directory.path = target ?? "(unknown)"
      }
      var to: String?
      if let second = shape.path2 {
        let asked = arguments[second].string
        let leadsTo =
          name == "symlink"
          ? asked
          : asked?.isEmpty == true && call.error == "ENOENT"
            ? nil : Self.path(arguments, shape.directory2, second, from: thread.directory)
        to = Observation.path(leadsTo, requested: asked, isUnreadable: asked == nil)
      }
      observations.add(
        .change(
          by: actor, name, path: text(target), to: to,
          details: Self.details(shape, arguments), error: call.error))
    }
  }

  private static func details(_ shape: StraceCallShape, _ arguments: [StraceArgument]) -> String? {
    if let mode = shape.mode {
      return "mode \(Observation.octal(UInt64(arguments[mode].number ?? 0) & 0xffff))"
    }
    if let length = shape.length { return "length \(arguments[length].number ?? 0)" }
    if let owner = shape.owner {
      let ids = [owner, owner + 1].map { UInt32(truncatingIfNeeded: arguments[$0].number ?? 0) }
      return "owner \(ids[0]) group \(ids[1])"
    }
    if let flags = shape.renameFlags, let number = arguments[flags].number, number != 0 {
      return "flags \(number)"
    }
    return nil
  }

  private static func openFlags(
    _ shape: StraceCallShape, _ arguments: [StraceArgument]
  ) -> (flags: UInt64, mode: UInt64) {
    let number = { (argument: StraceArgument?) in UInt64(bitPattern: argument?.number ?? 0) }
    guard case .open(let flags, let mode) = shape.meaning else {
      return (number(arguments[2].member("flags")), number(arguments[2].member("mode")))
    }
    return (
      flags.map { number(arguments[$0]) } ?? UInt64(O_CREAT | O_WRONLY | O_TRUNC),
      mode.map { $0 < arguments.count ? number(arguments[$0]) : 0 } ?? 0
    )
  }

  /// The path that a pair of arguments means, nil when it is not known.
  private static func path(
    _ arguments: [StraceArgument], _ directory: Int?, _ path: Int?, from start: Directory
  ) -> Bytes? {
    guard let path else { return directory.flatMap { arguments[$0].annotation } }
    guard let name = arguments[path].string else { return nil }
    if name.isAbsolute { return start.root.below(name) }
    guard let directory else { return start.path.joined(name) }
    return arguments[directory].annotation?.joined(name)
  }

  /// Where a successful chdir led, resolved. strace does not say; but the next call with AT_FDCWD does, and
  /// before that the directory itself is asked.
  private func newDirectory(_ call: StraceLog.Call, path: Bytes?, at index: Int) -> Bytes? {
    if call.name == "fchdir" { return path }
    for case .call(let later) in lines[(index + 1)...] where later.tid == call.tid {
      if later.error == nil, later.name == "chdir" || later.name == "fchdir" { break }
      for argument in later.arguments where argument.number == KernelNumber.workingDirectory {
        if let annotation = argument.annotation { return annotation }
      }
    }
    return path.flatMap(Files.resolved) ?? path
  }
}
