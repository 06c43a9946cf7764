// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// Turns the records of the ring into events. Nothing in a record is trusted: every size is checked against the
/// bytes that are there.
///
/// It has memory for three things: arguments too long for an exec's own record come just before it, what io_uring is
/// asked for is known before it is done, and where a process was is not to be seen any more when it has another root.
struct Decoder {
  private var argumentsByThread: [UInt32: [UInt8]] = [:]
  private var environments = Environments()
  private(set) var requests = UringRequests()
  private(set) var workingDirectories = WorkingDirectories()
  /// Somebody came in who is to be described.
  private var hasArrivals = false
  private let pageSize: UInt64
  let hostMounts: HostMounts

  /// `pageSize` in bytes.
  init(pageSize: UInt64, hostMounts: HostMounts = HostMounts()) {
    self.pageSize = pageSize
    self.hostMounts = hostMounts
  }

  /// Whether somebody came in since the last time.
  mutating func takeArrivals() -> Bool {
    defer { hasArrivals = false }
    return hasArrivals
  }

  /// The event a record tells of; nil for one that only prepares the next.
  mutating func decode(_ record: RawSpan) throws(DecodeError) -> Event? {
    var reader = RecordReader(record)
    let header = try reader.peek(hg_header.self)
    guard Int(header.size) <= record.byteCount else { throw .short(type: header.type) }
    switch header.type {
    case HG_RECORD_PATHS.rawValue:
      let record = try reader.read(hg_paths.self)
      let event = Self.event(header, try pathCall(record, &reader))
      workingDirectories.note(event)
      return event
    case HG_RECORD_FORK.rawValue:
      let fork = try reader.read(hg_fork.self)
      let child = ProcessID(pid: Int32(bitPattern: fork.child_pid), start: fork.child_start)
      environments.fork(header, child)
      let event = Self.event(header, .fork(Fork(child: child, innerPID: Self.innerPID(fork.inner_pid))))
      workingDirectories.note(event)
      return event
    case HG_RECORD_ARGUMENTS.rawValue:
      let arguments = try reader.read(hg_arguments.self)
      argumentsByThread[header.tid] = try reader.bytes(Int(arguments.kept))
      return nil
    case HG_RECORD_ENVIRONMENT.rawValue:
      let environment = try reader.read(hg_arguments.self)
      environments.note(
        header.tid, try reader.bytes(Int(environment.kept)), isCut: environment.is_cut != 0)
      return nil
    case HG_RECORD_EXEC.rawValue:
      let record = try reader.read(hg_exec.self)
      var exec = try self.exec(record, &reader)
      exec.environment = environments.exec(header, flags: record.flags)
      return Self.event(header, .exec(exec))
    case HG_RECORD_EXIT.rawValue:
      // It was the leader who executed, whichever thread is the last.
      argumentsByThread[header.pid] = nil
      environments.exit(header)
      let event = Self.event(header, .exit(exit(try reader.read(hg_exit.self))))
      workingDirectories.note(event)
      return event
    case HG_RECORD_SOCKET.rawValue:
      let record = try reader.read(hg_socket.self)
      guard let event = try Self.socket(record, &reader) else { throw .invalid(type: header.type) }
      return Self.event(header, .socket(event))
    case HG_RECORD_ACT.rawValue:
      guard let body = Self.act(try reader.read(hg_act.self)) else { throw .invalid(type: header.type) }
      return Self.event(header, body)
    case HG_RECORD_SIGNAL.rawValue:
      return Self.event(header, .signal(Self.signal(try reader.read(hg_signal.self))))
    case HG_RECORD_URING.rawValue:
      requests.submit(record, UInt64(bitPattern: try reader.read(hg_paths.self).result))
      return nil
    case HG_RECORD_URING_DONE.rawValue:
      let done = try reader.read(hg_uring_done.self)
      let resolved = try reader.path(done.walk)
      guard let request = requests.complete(done.key) else { return nil }
      return try uring(done, resolved, request)
    case HG_RECORD_EXISTING.rawValue:
      return Self.event(header, .existing(.process(try exec(try reader.read(hg_exec.self), &reader))))
    case HG_RECORD_EXISTING_FILE.rawValue:
      return Self.event(
        header, .existing(.file(try Self.existing(try reader.read(hg_existing_file.self), &reader))))
    case HG_RECORD_EXISTING_SOCKET.rawValue:
      return Self.event(header, .existing(.file(try Self.existing(try reader.read(hg_socket.self), &reader))))
    case HG_RECORD_ARRIVAL.rawValue:
      hasArrivals = true
      return nil
    case HG_RECORD_VARIABLE.rawValue:
      return Self.event(header, .environment(try Self.variable(try reader.read(hg_variable.self), &reader)))
    case HG_RECORD_FILE.rawValue:
      return nil  // FileCounters
    case HG_RECORD_FUNCTION.rawValue:
      return nil  // FunctionRecord
    case let other:
      throw .unknown(type: other)
    }
  }

  static func event(_ header: hg_header, _ body: Event.Body) -> Event {
    Event(
      time: header.time, process: ProcessID(pid: Int32(bitPattern: header.pid), start: header.start),
      tid: Int32(bitPattern: header.tid), ppid: Int32(bitPattern: header.ppid), uid: header.uid,
      comm: RecordReader.comm(header), body: body)
  }

  private mutating func exec(_ record: hg_exec, _ reader: inout RecordReader) throws(DecodeError) -> Exec {
    let filename = try reader.text(record.filename)
    let interpreter = try reader.text(record.interpreter)
    let isApart = record.flags & HG_EXEC_ARGUMENTS_APART.rawValue != 0
    let apart = argumentsByThread.removeValue(forKey: record.header.tid)
    // After a loss what waits may belong to another exec of that thread.
    let fits = apart.map { $0.count == Int(record.arguments_kept) } ?? false
    let arguments = isApart ? (fits ? apart ?? [] : []) : try reader.bytes(Int(record.arguments_kept))
    let isUnreadable = record.flags & HG_EXEC_ARGUMENTS_UNREADABLE.rawValue != 0
    guard let size = Int(exactly: record.arguments_size), arguments.count <= size,
      !isUnreadable || arguments.isEmpty
    else { throw .invalid(type: record.header.type) }
    let exe = try reader.path(record.walks.0), cwd = try reader.path(record.walks.1)
    var stdio: [ByteString?] = []
    for walk in [record.walks.2, record.walks.3, record.walks.4] { stdio.append(try reader.path(walk)?.path) }
    func has(_ flag: hg_text_flag, _ walk: (path: ByteString, flags: UInt32)?) -> Bool {
      (walk?.flags ?? 0) & flag.rawValue != 0
    }
    var event = Exec(
      exe: exe?.path ?? "", filename: filename ?? "", argv: Self.split(arguments),
      argvSize: size, isArgvTruncated: arguments.count < size, isArgvUnreadable: isUnreadable,
      cwd: cwd?.path ?? "",
      interpreter: interpreter, script: interpreter == nil ? nil : filename ?? "", stdio: stdio,
      gid: record.gid, euid: record.euid, egid: record.egid)
    event.isExeDeleted = has(HG_TEXT_DELETED, exe)
    event.isExeTruncated = has(HG_TEXT_TRUNCATED, exe)
    event.isCwdTruncated = has(HG_TEXT_TRUNCATED, cwd)
    event.innerPID = Self.innerPID(record.inner_pid)
    if let cgroup = try reader.path(record.cgroup)?.path {
      event.cgroup = cgroup
      event.container = Container.id(ofCgroup: cgroup)
    }
    return event
  }

  private static func innerPID(_ number: UInt32) -> Int32? { number == 0 ? nil : Int32(bitPattern: number) }

  /// Arguments as they lie in memory: each with its zero. The last may lack it, when they were cut.
  static func split(_ bytes: [UInt8]) -> [ByteString] {
    var arguments: [ByteString] = []
    var start = 0
    for index in bytes.indices where bytes[index] == 0 {
      arguments.append(ByteString(bytes[start..<index]))
      start = index + 1
    }
    if start < bytes.count { arguments.append(ByteString(bytes[start...])) }
    return arguments
  }

  private func exit(_ record: hg_exit) -> Exit {
    let signal = record.status & 0x7f
    let kibibytes = record.max_rss.multipliedReportingOverflow(by: pageSize / 1024)
    let time = Self.scale(user: record.user, system: record.system, to: record.runtime)
    return Exit(
      status: signal == 0
        ? .code(record.status >> 8 & 0xff) : .signal(signal, coreDumped: record.status & 0x80 != 0),
      duration: record.header.time - min(record.header.time, record.header.start), userTime: time.user,
      systemTime: time.system,
      maxRSS: kibibytes.overflow ? .max : kibibytes.partialValue)
  }

  /// Why a call failed; nil: it did not. Whoever answers in the kernel's place (a seccomp supervisor) may give
  /// back any number at all.
  static func failure(_ result: Int64) -> ErrorNumber? {
    result < 0 ? ErrorNumber(Int32(clamping: result.magnitude)) : nil
  }

  /// Splits the exact run time in the proportion that the clock ticks saw, as the kernel does for getrusage
  /// (`cputime_adjust`): the ticks alone would show a short process with no time at all.
  static func scale(user: UInt64, system: UInt64, to runtime: UInt64) -> (user: UInt64, system: UInt64) {
    if system == 0 { return (runtime, 0) }
    if user == 0 { return (0, runtime) }
    let (sum, overflow) = user.addingReportingOverflow(system)
    guard !overflow else { return (runtime, 0) }
    let product = runtime.multipliedFullWidth(by: system)
    guard product.high < sum else { return (0, runtime) }
    let scaled = sum.dividingFullWidth(product).quotient
    return (runtime - min(scaled, runtime), min(scaled, runtime))
  }
}

/// A record that is not what it says.
enum DecodeError: Error, Equatable {
  case short(type: UInt32)
  /// It holds what cannot be.
  case invalid(type: UInt32)
  case unknown(type: UInt32)
}
