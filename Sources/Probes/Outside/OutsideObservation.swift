// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Inspection

/// What of calls inside Python the interpreters tell to the kernel, with nothing put into any process: which program of which
/// process runs which interpreter, since when its probes are there, and what was counted. Of one thread at a time.
final class OutsideObservation: @unchecked Sendable {
  private let counts: BPFMap
  private let wishes: InsideOptions
  private var programs: [Int32: Program] = [:]
  /// Counts that could not be read, as sentences.
  private(set) var failures: Set<String> = []

  /// One program of a process.
  private struct Program {
    var process: ProcessID
    var ppid: Int32
    var uid: UInt32
    var comm: ByteString
    /// When it began: a fork begins with its parent's.
    var since: UInt64
    var finding: FunctionProbes.Finding = .noPython
    /// Where its executable is called as interpreters are.
    var isNamedPython = false
    var isFork = false
    /// It ran before anybody looked.
    var wasThere = false
    var functions: [FunctionRecord] = []
  }

  init(_ counts: consuming BPFMap, _ wishes: InsideOptions) {
    self.counts = counts
    self.wishes = wishes
  }

  func note(_ record: FunctionRecord) {
    let process = record.process
    if programs[process.pid]?.process != process {
      // Its fork was lost, or a filter left it out.
      programs[process.pid] = Program(
        process: process, ppid: Int32(bitPattern: record.header.ppid), uid: record.header.uid,
        comm: RecordReader.comm(record.header), since: process.start, isFork: true)
    }
    programs[process.pid]?.functions.append(record)
  }

  /// Follows who runs what; gives what is known of a program that ends with this event, to be told before it.
  ///
  /// - Parameter attach: looks for an interpreter in what a process executes or loads, and attaches to it.
  func note(
    _ event: Event, _ probes: FunctionProbes, attach: (Suspect) -> FunctionProbes.Finding
  ) -> [Event] {
    let pid = event.process.pid
    switch event.body {
    case .fork(let fork):
      var child = Program(
        process: fork.child, ppid: pid, uid: event.uid, comm: event.comm, since: fork.child.start)
      child.finding = programs[pid]?.finding ?? .noPython
      child.isFork = true
      programs[fork.child.pid] = child
      return []
    case .exec(let exec):
      let ended = take(event, probes)
      var program = Program(
        process: event.process, ppid: event.ppid, uid: event.uid, comm: event.comm, since: event.time)
      program.isNamedPython = Injection.isPython(exec.exe)
      program.finding = attach(Suspect(pid: pid, exec))
      programs[pid] = program
      return ended
    case .existing(.process(let exec)):
      var program = Program(
        process: event.process, ppid: event.ppid, uid: event.uid, comm: event.comm, since: event.process.start
      )
      program.functions = programs[pid].flatMap { $0.process == event.process ? $0.functions : nil } ?? []
      program.isNamedPython = Injection.isPython(exec.exe)
      program.finding = attach(Suspect(pid: pid, exec))
      program.wasThere = true
      programs[pid] = program
      return []
    case .open(let open):
      // A program that has Python inside.
      guard case .descriptor = open.result, let path = open.target.ourPath,
        path.bytes.split(separator: UInt8(ascii: "/")).last?.starts(with: "libpython".utf8) == true,
        let known = programs[pid]?.finding
      else { return [] }
      // It may be another one than its file let expect: by LD_LIBRARY_PATH.
      let finding = attach(Suspect(library: path))
      if case .attached = finding { programs[pid]?.finding = finding }
      if case .noPython = known { programs[pid]?.finding = finding }
      return []
    case .exit:
      defer { programs[pid] = nil }
      return take(event, probes)
    default: return []
    }
  }

  /// What those who still run have done so far: it is told again, and whole, when they have ended.
  func soFar(at time: UInt64, _ probes: FunctionProbes) -> [Event] {
    programs.values.sorted { ($0.process.start, $0.process.pid) < ($1.process.start, $1.process.pid) }
      .flatMap { events($0, at: time, probes, isLast: false) }
  }

  /// What is known of those that go on.
  func finish(at time: UInt64, _ probes: FunctionProbes) -> [Event] {
    defer { programs = [:] }
    return soFar(at: time, probes)
  }

  private func take(_ event: Event, _ probes: FunctionProbes) -> [Event] {
    guard var program = programs[event.process.pid], program.process == event.process else { return [] }
    program.uid = event.uid
    if case .exit = event.body { program.comm = event.comm }
    return events(program, at: event.time, probes, isLast: true)
  }

  private func events(
    _ program: Program, at time: UInt64, _ probes: FunctionProbes, isLast: Bool
  ) -> [Event] {
    func event(_ body: Event.Body) -> Event {
      Event(
        time: time, process: program.process, tid: program.process.pid, ppid: program.ppid, uid: program.uid,
        comm: program.comm, body: body)
    }
    var functions: [FunctionProfile] = []
    for record in program.functions {
      do throws(BPFError) {
        guard let count = try counts.lookup(record.key, as: hg_function_count.self) else { continue }
        if isLast { try counts.remove(record.key) }
        if let profile = Self.profile(record, count, probes) { functions.append(profile) }
      } catch {
        failures.insert("Calls inside Python that were counted could not be read: \(error).")
      }
    }
    guard let interpreter = interpreter(program, functions, at: time, probes) else { return [] }
    return [event(.interpreter(interpreter))] + functions.map { event(.function($0)) }
  }

  /// Nil where it runs no Python, or is a fork that called nothing.
  private func interpreter(
    _ program: Program, _ functions: [FunctionProfile], at time: UInt64, _ probes: FunctionProbes
  ) -> Interpreter? {
    let known =
      program.functions.first.flatMap { record in probes.attached.first { $0.number == record.interpreter } }
    var reasons: [String] = []
    var version: String?, method = Interpreter.Method.none
    if let known, !functions.isEmpty {
      (version, method) = (known.version, known.method)
    } else if !program.isFork {
      switch program.finding {
      case .attached(let attached): (version, method) = (attached.version, attached.method)
      case .refused(let refusal):
        version = refusal.version
        reasons.append(refusal.reason)
      case .noPython:
        guard program.isNamedPython else { return nil }
        reasons.append("no interpreter's code was found in its file or library")
      }
    } else {
      return nil
    }
    if program.wasThere {
      if method != .none { reasons.append("what it called before was not seen") }
    } else if case .attached(let attached) = program.finding, attached.since > program.since {
      let missed = attached.since - program.since
      reasons.append(
        missed > time - min(time, program.since)
          ? "it had ended before the probes of its interpreter, which was not known before, were there"
          : "its first \(missed / 1_000_000 + 1) ms were not seen, for its interpreter was not known before")
    }
    // A Python that has begun has called something; one that was there may have waited all the time.
    if method != .none, functions.isEmpty, !program.wasThere {
      method = .none
      if reasons.isEmpty { reasons.append("its interpreter told of no call") }
    }
    if wishes.environment { reasons.append("look-ups in the environment are told by the agent alone") }
    return Interpreter(
      version: version, method: method, hasCalls: method != .none, hasEnvironment: false,
      reason: reasons.isEmpty ? nil : reasons.joined(separator: "; "))
  }

  /// Nil where nothing began: what a child of fork only ended.
  private static func profile(
    _ record: FunctionRecord, _ count: hg_function_count, _ probes: FunctionProbes
  ) -> FunctionProfile? {
    guard count.calls > 0 || count.resumes > 0 else { return nil }
    let known = probes.attached.first { $0.number == record.interpreter }
    // Only the interpreter's own probes tell the end.
    let hasEnds = known?.method == .usdt
    let (begun, overflows) = count.calls.addingReportingOverflow(count.resumes)
    let all = overflows ? .max : begun
    var profile = FunctionProfile(
      version: known?.version, file: record.file, line: record.line, name: record.name,
      qualifiedName: record.qualifiedName, calls: count.calls, resumes: count.resumes, total: count.total,
      own: count.own, shortest: count.timed > 0 ? count.shortest : nil,
      longest: count.timed > 0 ? count.longest : nil, unfinished: hasEnds ? all - min(all, count.ends) : nil,
      exceptions: nil)
    profile.hasTimes = hasEnds
    return profile
  }
}
