// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
public import Inspection

/// A command that is ready to run and waits at a gate, until it is followed and everything is attached.
///
/// The process exists, is who it will be, and knows which file it will run; execve is the next thing it does.
/// It keeps standard input, output and error, terminal, working directory, process group, session, umask and
/// every descriptor Honeyguide itself was given; it is not traced. Should Honeyguide die, the gate closes and
/// the process ends without having run anything. Dropping a value of this type does the same.
public struct GatedCommand: ~Copyable {
  /// The file that execve will be given.
  public let path: ByteString
  private let request: Request
  private let gate: Gate
  private let process: Descriptor

  /// The process that will become the command.
  public var pid: Int32 { gate.pid }
  /// A descriptor that names that process (pidfd_open(2)); it stays ours.
  public var pidfd: Int32 { process.number }

  /// Forks, and waits until the child has become `plan.identity` and found the command (fork(2), setgroups(2),
  /// setresgid(2), setresuid(2), capset(2)). A command that is not there fails here, before anything is
  /// attached. The earlier this is called, the less memory there is to copy.
  public init(
    _ command: [ByteString], plan: LaunchPlan, inherited: InheritedState = InheritedState()
  ) throws(LaunchError) {
    guard let name = command.first else { throw .commandNotFound("") }
    let request = Request(
      command: command, candidates: CommandSearch.candidates(for: name, path: plan.environment["PATH"]),
      plan: plan)
    let gatePipe = try Pipe()
    let reportPipe = try Pipe()
    let pid = request.start(inherited, gate: gatePipe, report: reportPipe)
    guard pid > 0 else { throw .cannotStart(call: "fork", ErrorNumber(-pid)) }

    // The child's ends close here: a pipe is to end when the child does.
    _ = gatePipe.reading
    _ = reportPipe.writing
    let gate = Gate(pid: pid, opener: gatePipe.writing, report: reportPipe.reading)
    guard let report = gate.nextReport() else { throw .endedEarly(command: name) }
    if let error = request.error(report) { throw error }
    let pidfd = hg_pidfd_open(pid)
    guard pidfd >= 0 else { throw .cannotStart(call: "pidfd_open", ErrorNumber(-pidfd)) }
    process = Descriptor(pidfd)
    self.path = request.path(report)
    self.request = request
    self.gate = gate
  }

  /// Opens the gate, and waits until execve has succeeded or failed.
  ///
  /// From here on Honeyguide ignores SIGINT and SIGQUIT, which reach the command and Honeyguide alike.
  public consuming func release(_ signals: borrowing SignalGuard) throws(LaunchError) -> RunningCommand {
    signals.ignoreKeyboard()
    return try release()
  }

  /// As above, with no care for signals: for tests inside another program.
  consuming func release() throws(LaunchError) -> RunningCommand {
    let (pid, path, request) = (gate.pid, path, request)
    if let report = gate.open() {
      throw request.error(report) ?? .endedEarly(command: path)
    }
    return RunningCommand(pid: pid, process: process)
  }

  /// Ends the child, which has run nothing, and reaps it.
  public consuming func cancel() {}
}

/// What a child is asked to do, and what its answers mean.
private struct Request {
  var command: [ByteString]
  var candidates: [ByteString]
  var plan: LaunchPlan

  func path(_ report: hg_report) -> ByteString {
    candidates.indices.contains(Int(report.path)) ? candidates[Int(report.path)] : command[0]
  }

  /// Forks. Gives the process id, or a negative errno.
  func start(_ inherited: InheritedState, gate: borrowing Pipe, report: borrowing Pipe) -> Int32 {
    let shell: [ByteString] = ["/bin/sh", ""] + command.dropFirst()
    let ends = ((gate.reading.number, gate.writing.number), (report.reading.number, report.writing.number))
    var state = inherited.raw
    // The child has its own copy of all this memory: it need only live until fork returns.
    return unsafe plan.identity.groups.withUnsafeBufferPointer { groups in
      var identity = unsafe hg_identity(
        uid: plan.identity.uid, gid: plan.identity.gid, groups: groups.baseAddress, group_count: groups.count)
      return unsafe withCStrings(candidates) { paths in
        unsafe withCStrings(command) { arguments in
          unsafe withCStrings(shell) { shellArguments in
            unsafe withCStrings(plan.environment.entries) { environment in
              var start = unsafe hg_command(
                paths: paths, arguments: arguments, shell_arguments: shellArguments, environment: environment,
                gate: ends.0, report: ends.1)
              return unsafe hg_start(&start, &identity, &state)
            }
          }
        }
      }
    }
  }

  /// The error a report tells of; nil for a child that is ready.
  func error(_ report: hg_report) -> LaunchError? {
    let error = ErrorNumber(report.error)
    func identity(_ call: String) -> LaunchError {
      .cannotBecome(user: plan.identity.label, call: call, error)
    }
    switch hg_step(UInt32(report.step)) {
    case HG_STEP_READY: return nil
    case HG_STEP_LIMITS: return .cannotRestoreLimits(error)
    case HG_STEP_GROUPS: return identity("setgroups")
    case HG_STEP_GID: return identity("setresgid")
    case HG_STEP_UID: return identity("setresuid")
    case HG_STEP_CAPABILITIES: return identity("capset")
    case HG_STEP_SEARCH:
      // In a search, a directory of PATH that is none is as good as one that is not there.
      let isSearched = !command[0].bytes.contains(UInt8(ascii: "/"))
      guard error == .noEntry || error == .notDirectory && isSearched else { break }
      return .commandNotFound(command[0])
    default:
      // The file was found before: what is not there is its interpreter.
      guard error == .noEntry else { break }
      return .interpreterNotFound(path: path(report))
    }
    return .cannotRun(path: path(report), error)
  }
}
