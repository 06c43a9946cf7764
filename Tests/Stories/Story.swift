// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// Events written by hand, as a run would give them: one each millisecond, from second 100 after boot.
public struct Story {
  public var events: [Event] = []
  public var home: ByteString = "/home/ada"
  public var cwd: ByteString = "/home/ada/site"
  /// When the next event happens, in nanoseconds since boot.
  public var clock: UInt64 = 100_000_000_000
  /// Who does what comes next.
  public var uid: UInt32 = 1000
  private var starts: [Int32: UInt64] = [:]
  private var names: [Int32: ByteString] = [:]
  private var parents: [Int32: Int32] = [:]

  public init() {}

  public func start(_ command: ByteString...) -> SessionStart {
    SessionStart(
      version: "0.1.0", command: command, uid: 1000, cwd: cwd, home: home, bootTime: 0, time: 100_000_000_000,
      options: [])
  }

  /// The end, at the clock.
  public func end(_ status: Exit.Status? = .code(0), losses: [Loss] = [], notes: [String] = []) -> SessionEnd
  {
    SessionEnd(
      status: status, time: clock, losses: losses, events: UInt64(events.count), notes: notes)
  }

  public func inspection(_ command: ByteString...) -> Inspection {
    var start = start()
    start.command = command
    return Self.reduce(start, events)
  }

  public static func reduce(_ start: SessionStart, _ events: [Event], limits: Limits = Limits()) -> Inspection
  {
    var inspection = Inspection(start, limits: limits)
    for event in events { inspection.apply(event) }
    return inspection
  }

  public func id(_ pid: Int32) -> ProcessID { ProcessID(pid: pid, start: starts[pid] ?? 100_000_000_000 - 1) }

  /// Adds anything; gives it for changes.
  public mutating func add(_ pid: Int32, _ body: Event.Body) {
    events.append(
      Event(
        time: clock, process: id(pid), tid: pid, ppid: parents[pid] ?? 1, uid: uid,
        comm: names[pid] ?? "honeyguide", body: body))
    clock += 1_000_000
  }

  // MARK: Processes

  public mutating func fork(_ parent: Int32, _ child: Int32) {
    starts[child] = clock
    parents[child] = parent
    names[child] = names[parent]
    add(parent, .fork(Fork(child: id(child))))
  }

  /// Words are separated by spaces; the executable is in /usr/bin unless given.
  public mutating func exec(
    _ pid: Int32, _ words: String, exe: ByteString? = nil, script: ByteString? = nil, cwd: ByteString? = nil
  ) {
    let argv = words.split(separator: " ").map { ByteString(String($0)) }
    exec(pid, argv, exe: exe, script: script, cwd: cwd)
  }

  public mutating func exec(
    _ pid: Int32, _ argv: [ByteString], exe: ByteString? = nil, script: ByteString? = nil,
    cwd: ByteString? = nil
  ) {
    let exe = exe ?? ByteString("/usr/bin/" + (argv.first?.basename.text ?? ""))
    names[pid] = (script ?? exe).basename
    add(
      pid,
      .exec(
        Exec(
          exe: exe, filename: script ?? exe, argv: argv, argvSize: argv.reduce(0) { $0 + $1.count + 1 },
          cwd: cwd ?? self.cwd, interpreter: script == nil ? nil : exe, script: script)))
  }

  public mutating func failExec(_ pid: Int32, _ path: ByteString, _ error: Int32 = 2) {
    add(
      pid,
      .failedExec(
        FailedExec(target: PathArgument(requested: path, path: path), error: ErrorNumber(error))))
  }

  /// Ends now; the duration is what the clock says.
  public mutating func exit(_ pid: Int32, _ status: Exit.Status = .code(0)) {
    add(
      pid,
      .exit(
        Exit(
          status: status, duration: clock - id(pid).start, userTime: 2_000_000, systemTime: 1_000_000,
          maxRSS: 4096)))
  }

  // MARK: Files

  public mutating func open(
    _ pid: Int32, _ path: ByteString, _ flags: UInt64 = 0, error: Int32? = nil, isCreated: Bool? = nil
  ) {
    add(
      pid,
      .open(
        Open(
          target: PathArgument(requested: path, path: path), flags: OpenFlags(rawValue: flags), mode: 0o644,
          result: error.map { .error(ErrorNumber($0)) } ?? .descriptor(3), isCreated: isCreated)))
  }

  public mutating func find(_ pid: Int32, _ path: ByteString) { look(pid, path, error: nil) }
  public mutating func miss(_ pid: Int32, _ path: ByteString) { look(pid, path, error: 2) }

  public mutating func look(_ pid: Int32, _ path: ByteString, error: Int32?) {
    add(
      pid,
      .lookup(
        Lookup(
          call: "newfstatat", target: PathArgument(requested: path, path: path),
          error: error.map { ErrorNumber($0) })))
  }

  public mutating func change(
    _ pid: Int32, _ kind: Change.Kind, _ path: ByteString, to: ByteString? = nil, error: Int32? = nil
  ) {
    add(
      pid,
      .change(
        Change(
          kind: kind, call: kind.rawValue, target: PathArgument(requested: path, path: path),
          to: to.map { PathArgument(requested: $0, path: $0) }, error: error.map { ErrorNumber($0) })))
  }

  /// chmod to a mode; chown to an owner and a group, where they are given.
  public mutating func chmod(_ pid: Int32, _ path: ByteString, _ mode: UInt32) {
    var change = Change(kind: .chmod, call: "fchmodat", target: PathArgument(requested: path, path: path))
    change.mode = mode
    add(pid, .change(change))
  }

  public mutating func chown(_ pid: Int32, _ path: ByteString, _ owner: UInt32?, _ group: UInt32? = nil) {
    var change = Change(kind: .chown, call: "fchownat", target: PathArgument(requested: path, path: path))
    change.owner = owner ?? .max
    change.group = group ?? .max
    add(pid, .change(change))
  }

  // MARK: Inside

  /// A look-up of a variable; without a value it is not set.
  public mutating func read(
    _ pid: Int32, _ name: ByteString?, _ value: ByteString? = nil, default fallback: ByteString? = nil,
    source: EnvironmentRead.Source = .python, count: UInt64 = 1
  ) {
    add(
      pid,
      .environment(
        EnvironmentRead(
          source: source, name: name, isSet: value != nil || name == nil, value: value, fallback: fallback,
          count: count)))
  }

  public mutating func interpret(
    _ pid: Int32, _ version: String? = "3.11.2", method: Interpreter.Method = .frame, reason: String? = nil,
    lost: UInt64 = 0
  ) {
    var interpreter = Interpreter(
      version: version, method: method, hasCalls: method != .none, hasEnvironment: method != .none,
      reason: reason)
    interpreter.lostFunctions = lost
    interpreter.lostCalls = lost
    interpreter.lostReads = lost
    add(pid, .interpreter(interpreter))
  }

  /// Times in microseconds; the file is below /home/ada/site unless absolute. "Tool.run" is qualified.
  public mutating func function(
    _ pid: Int32, _ name: String, _ file: ByteString, _ line: UInt32, calls: UInt64,
    resumes: UInt64 = 0, total: UInt64, own: UInt64, longest: UInt64? = nil
  ) {
    add(
      pid,
      .function(
        FunctionProfile(
          version: "3.11.2", file: file.bytes.first == UInt8(ascii: "<") ? file : cwd.joined(file),
          line: line,
          name: ByteString(name.split(separator: ".").last.map(String.init) ?? name),
          qualifiedName: ByteString(name), calls: calls, resumes: resumes, total: 1_000 * total,
          own: 1_000 * own, shortest: 1_000, longest: 1_000 * (longest ?? total))))
  }

  // MARK: Connections

  /// Latency in nanoseconds.
  public mutating func connect(
    _ pid: Int32, _ address: [UInt8], _ port: UInt16, error: Int32? = nil, isPending: Bool = false,
    latency: UInt64? = 1_200_000
  ) {
    add(
      pid,
      .connect(
        Connect(
          transport: .tcp, local: nil, remote: .internet(address, port: port),
          error: error.map { ErrorNumber($0) }, isPending: isPending, latency: latency)))
  }
}

extension OpenFlags {
  public static let writing: UInt64 = 0o1
  public static let creating: UInt64 = 0o1101
  public static let creatingExclusively: UInt64 = 0o301
  public static let readWriting: UInt64 = 0o2
  public static let listing: UInt64 = 0o200000
}
