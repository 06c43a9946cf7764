// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import CLaunch
internal import Glibc
internal import Inspection

/// The agent tried on a Python of this machine: started with it, to see whether a table comes back.
struct InjectionTrial {
  let finding: Diagnosis.Finding

  /// How long that Python may take, in milliseconds; it has nothing to do.
  private static let patience: Int32 = 10_000

  /// `program`: the path of Honeyguide's binary, beside which the library may be installed.
  init(program: String) {
    let path = unsafe getenv("PATH").map { unsafe ByteString(cString: $0) }
    let python = CommandSearch.candidates(for: "python3", path: path).first {
      unsafe access($0.cString, X_OK) == 0
    }
    do throws(InjectionError) {
      let library = try AgentLibrary.find(program: program)
      let flags = HG_AGENT_CALLS.rawValue | HG_AGENT_ENVIRONMENT.rawValue
      let session = try AgentSession(flags: flags | (AgentSession.usesCounter ? HG_AGENT_TSC.rawValue : 0))
      guard let python else {
        finding = .init(
          verdict: .note,
          sentence:
            "Python would be observed inside, as far as can be told: there is no python3 in PATH to try it on."
        )
        return
      }
      finding = Self.attempt(python, library, session)
    } catch {
      finding = .init(verdict: .note, sentence: "Python would not be observed inside: \(error.reason).")
    }
  }

  private static func attempt(_ python: ByteString, _ library: AgentLibrary, _ session: AgentSession)
    -> Diagnosis.Finding
  {
    func not(_ reason: String) -> Diagnosis.Finding {
      .init(verdict: .note, sentence: "Python was not observed inside: \(reason).")
    }
    let name = python.quoted, start = TableClock.Pair.now
    let status: Int32
    let pid: pid_t
    switch run(python, [ByteString("LD_PRELOAD=" + library.preload(session: session.id).text)]) {
    case .failure(let failure): return not("\(name) \(failure.reason)")
    case .success(let ended): (pid, status) = ended
    }
    guard status == 0 else { return not("\(name) did not run with the agent: it ended with \(status)") }
    var tables = TableDirectory(path: session.path, descriptor: session.directory, session: session.id)
    let end = TableClock.Pair.now
    let taken = tables.take(
      [pid], created: start.nanoseconds...max(start.nanoseconds, end.nanoseconds), owners: [geteuid()])
    switch taken.first {
    case nil: return not("\(name) ran, and left no table (is it linked statically, or not Python?)")
    case .failure(let error): return not("the table that \(name) left could not be read (\(error.rawValue))")
    case .success(let table):
      let story = TableStory(
        table, clock: TableClock(start: start, end: end),
        wishes: Injection.Wishes(calls: true, environment: true))
      let version = story.interpreter.version ?? "a version that is not known"
      if let reason = story.interpreter.reason {
        return not("\(name) (\(version)) told not all: \(reason)")
      }
      guard !story.functions.isEmpty else { return not("\(name) (\(version)) left an empty table") }
      return .init(
        verdict: .good,
        sentence:
          "Python is observed inside: \(name) (\(version)) was run with the agent, and left its table.")
    }
  }

  private struct Failure: Error { var reason: String }

  /// Runs it with nothing to do: none of the user's code, no site; gives its number, and its status as a shell does.
  private static func run(_ python: ByteString, _ environment: [ByteString]) -> Result<
    (pid_t, Int32), Failure
  > {
    var pid: pid_t = 0
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for descriptor in 0...2 as ClosedRange<Int32> {
      unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    let arguments = [python] + ["-I", "-S", "-c", "pass"].map { ByteString($0) }
    let error = unsafe withCStrings(arguments) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe posix_spawn(
          &pid, python.cString, &actions, nil,
          UnsafeMutableRawPointer(arguments).assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self),
          UnsafeMutableRawPointer(environment).assumingMemoryBound(to: UnsafeMutablePointer<CChar>?.self))
      }
    }
    guard error == 0 else { return .failure(Failure(reason: "could not be started (\(ErrorNumber(error)))")) }
    let process = hg_pidfd_open(pid)
    var watched = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
    let hasEnded = unsafe process < 0 || poll(&watched, 1, patience) > 0
    if process >= 0 { close(process) }
    if !hasEnded { kill(pid, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard hasEnded else {
      return .failure(Failure(reason: "did not end within \(patience / 1_000) seconds"))
    }
    return .success((pid, status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f))
  }
}
