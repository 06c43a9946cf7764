// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import Glibc
internal import Inspection

/// The agent in the command's Python processes, from Honeyguide's side: where the library is, where tables are left, what
/// is made of them. Of one thread at a time.
final class Injection: @unchecked Sendable {
  /// What agents are asked for.
  struct Wishes: Hashable, Sendable {
    var calls: Bool
    var environment: Bool
  }

  private let wishes: Wishes
  private let filter: Filter
  private let library: AgentLibrary
  private let session: AgentSession
  private let start = TableClock.Pair.now
  private var tables: TableDirectory
  private var inhabitants: [Int32: Inhabitant] = [:]
  /// Paths below these are ours.
  private let ownPlaces: [ByteString]
  /// Tables that were not taken, by reason.
  private(set) var refused: [String: UInt64] = [:]
  /// Who could not load the library.
  private(set) var failures = LoaderFailures()

  /// A process, as far as its tables are concerned.
  private struct Inhabitant {
    var process: ProcessID
    var innerPID: Int32?
    var uids: Set<UInt32>
    var ppid: Int32 = 0
    var comm: ByteString = ""
    /// Since when it has run its program; zero: it has its parent's.
    var since: UInt64 = 0
    /// Where that program is Python's.
    var isPython = false
    /// Or the one that it was forked from was.
    var mayHaveAgent = false
    var isPrivileged = false
    var loader = LoaderWatch(isBeginning: false)
    /// Nothing has been told of its program yet.
    var isFresh = false
    /// The look-up that its loader makes for the sake of the token $LIB, if it opens the agent next.
    var doubtful: Event?

    /// What it may be known by: inside of a pid namespace also by another number.
    var numbers: [Int32] { [process.pid] + (innerPID.map { [$0] } ?? []) }

    /// When a table of its program can have been made.
    func period(until time: UInt64) -> ClosedRange<UInt64> {
      let beginning = max(since, process.start)
      return beginning...max(time, beginning)
    }

    func event(_ body: Event.Body, uid: UInt32, at time: UInt64) -> Event {
      Event(time: time, process: process, tid: process.pid, ppid: ppid, uid: uid, comm: comm, body: body)
    }
  }

  init(_ wishes: Wishes, _ filter: Filter, program: String) throws(InjectionError) {
    self.wishes = wishes
    self.filter = filter
    library = try AgentLibrary.find(program: program)
    let flags =
      (wishes.calls ? HG_AGENT_CALLS.rawValue : 0) | (wishes.environment ? HG_AGENT_ENVIRONMENT.rawValue : 0)
      | (AgentSession.usesCounter ? HG_AGENT_TSC.rawValue : 0)
    session = try AgentSession(flags: flags)
    tables = TableDirectory(path: session.path, descriptor: session.directory, session: session.id)
    ownPlaces = [ByteString(session.path + "/"), ByteString(library.directory.bytes + Array("/".utf8))]
  }

  /// The environment with the library in it, before those that were there; but behind a sanitizer's that stands first.
  func apply(to environment: inout EnvironmentBlock) {
    let own = library.preload(session: session.id).bytes
    let others = environment["LD_PRELOAD"]?.bytes ?? []
    let colon = UInt8(ascii: ":")
    let first = others.prefix { $0 != colon && $0 != UInt8(ascii: " ") }
    if LoaderWatch.isSanitizer(Array(first.split(separator: UInt8(ascii: "/")).last ?? [])) {
      environment["LD_PRELOAD"] = ByteString(first + [colon] + own + others[first.count...])
    } else {
      environment["LD_PRELOAD"] = ByteString(others.isEmpty ? own : own + [colon] + others)
    }
  }

  /// Whether an event tells nothing but that the agent was loaded, or of its table.
  func isOwn(_ event: Event) -> Bool {
    switch event.body {
    case .open(let open):
      guard isOwn(open.target) else { return false }
      if open.target.requested?.bytes.starts(with: library.directory.bytes) == true {
        inhabitants[event.process.pid]?.loader.openedAgent(open)
        if inhabitants[event.process.pid]?.loader.mayComplain == true { failures.note(missingIn: event.comm) }
      }
      return true
    case .lookup(let lookup): return isOwn(lookup.target)
    case .change(let change): return isOwn(change.target)
    case .fileIO(let io): return isOwn(io.target)
    default: return false
    }
  }

  private func isOwn(_ target: PathArgument) -> Bool {
    [target.requested, target.path].compactMap { $0?.bytes }.contains { path in
      ownPlaces.contains { path.starts(with: $0.bytes) }
    }
  }

  /// Whether what is told by this filter suffices to know what a loader looks up for the agent's sake.
  static func knowsLoader(_ filter: Filter) -> Bool {
    filter.has(.exec) && filter.has(.open) && filter.paths.isEmpty
  }

  /// What is to be told when an event arrives: not what only loads the agent, or makes its table.
  func sift(_ event: Event) -> [Event] {
    let pid = event.process.pid
    let doubtful = inhabitants[pid]?.doubtful.map { [$0] } ?? []
    if inhabitants[pid]?.isFresh == true, case .lookup(let lookup) = event.body,
      lookup.target.requested == "/proc/self/exe"
    {
      inhabitants[pid]?.isFresh = false
      inhabitants[pid]?.doubtful = event
      return doubtful
    }
    inhabitants[pid]?.doubtful = nil
    if isOwn(event) { return [] }
    inhabitants[pid]?.loader.saw(event)
    return doubtful + [event]
  }

  /// Follows who is who; gives what is known of a program that ends with this event, to be told before it.
  func note(_ event: Event) -> [Event] {
    let pid = event.process.pid
    var inhabitant = inhabitants[pid] ?? Inhabitant(process: event.process, uids: [])
    if inhabitant.process != event.process { inhabitant = Inhabitant(process: event.process, uids: []) }
    let before = inhabitant
    inhabitant.uids.insert(event.uid)
    inhabitant.ppid = event.ppid
    inhabitant.comm = event.comm
    inhabitant.isFresh = false
    defer { if case .exit = event.body { inhabitants[pid] = nil } else { inhabitants[pid] = inhabitant } }
    switch event.body {
    case .fork(let fork):
      var child = Inhabitant(process: fork.child, innerPID: fork.innerPID, uids: inhabitant.uids)
      (child.ppid, child.comm, child.mayHaveAgent) = (pid, event.comm, inhabitant.mayHaveAgent)
      inhabitants[fork.child.pid] = child
      return []
    case .exec(let exec):
      let ended = take(before, uid: event.uid, at: event.time &- 1)
      inhabitant.since = event.time
      inhabitant.innerPID = exec.innerPID
      inhabitant.uids.insert(exec.euid)
      inhabitant.isPython = Self.isPython(exec.exe)
      inhabitant.mayHaveAgent = inhabitant.isPython
      inhabitant.isPrivileged = exec.euid != event.uid
      inhabitant.loader = LoaderWatch(isBeginning: true)
      inhabitant.isFresh = true
      return ended
    case .exit(let exit):
      if inhabitant.loader.isRefused(exit) { failures.note(refusedBy: event.comm) }
      if inhabitant.mayHaveAgent, case .signal(SIGSYS, _) = exit.status {
        failures.note(forbiddenBy: event.comm)
      }
      return take(inhabitant, uid: event.uid, at: event.time)
    default: return []
    }
  }

  /// Ends the session: what goes on is told to stop, and what it has so far is taken.
  func finish(at time: UInt64) -> [Event] {
    var events: [Event] = []
    tables.stopAll()
    for inhabitant in inhabitants.values.sorted(by: { $0.process.start < $1.process.start }) {
      events += inhabitant.doubtful.map { [$0] } ?? []
      events += take(inhabitant, uid: inhabitant.uids.first ?? 0, at: time)
    }
    let left = tables.left()
    // A process that the filter leaves out may have a table, which is as little told as the process.
    if left > 0, !filter.choosesProcesses {
      refused[TableError.unmatched.rawValue, default: 0] += UInt64(left)
    }
    session.remove()
    return events
  }

  /// What those who still run have done so far: it is told again, and whole, when they have ended.
  func soFar(at time: UInt64) -> [Event] {
    inhabitants.values.sorted { $0.process.start < $1.process.start }.flatMap { inhabitant in
      tables.copy(inhabitant.numbers, created: inhabitant.period(until: time), owners: inhabitant.uids)
        .flatMap { tell($0, of: inhabitant, uid: inhabitant.uids.first ?? 0, at: time) }
    }
  }

  /// The tables of a process since it began, or since its latest exec.
  private func take(_ inhabitant: Inhabitant, uid: UInt32, at time: UInt64) -> [Event] {
    var events: [Event] = []
    var hasTable = false, isRefused = false
    let period = inhabitant.period(until: time)
    for result in tables.take(inhabitant.numbers, created: period, owners: inhabitant.uids) {
      switch result {
      case .failure(let reason):
        if reason == .unfinished { continue }
        refused[reason.rawValue, default: 0] += 1
        isRefused = true
      case .success(let table):
        hasTable = true
        events += tell(table, of: inhabitant, uid: uid, at: time)
      }
    }
    let unobserved =
      isRefused && inhabitant.isPython
      ? "its table could not be read"
      : inhabitant.loader.unobserved(
        isPython: inhabitant.isPython, isPrivileged: inhabitant.isPrivileged,
        isKnown: Self.knowsLoader(filter))
    // A program of Python's own may read libraries as a loader does.
    let beside = inhabitant.isPython ? nil : inhabitant.loader.unobservedBeside
    if let reason = hasTable ? beside : unobserved {
      let interpreter = Interpreter(
        version: nil, method: .none, hasCalls: false, hasEnvironment: false, reason: reason)
      events.append(inhabitant.event(.interpreter(interpreter), uid: uid, at: time))
    }
    return events
  }

  /// What a table says, as events.
  private func tell(_ table: AgentTable, of inhabitant: Inhabitant, uid: UInt32, at time: UInt64) -> [Event] {
    let story = TableStory(table, clock: TableClock(start: start, end: .now), wishes: wishes)
    let beginning = inhabitant.period(until: time).lowerBound
    return [inhabitant.event(.interpreter(story.interpreter), uid: uid, at: time)]
      + story.reads.map { read, first in
        inhabitant.event(.environment(read), uid: uid, at: min(max(first, beginning), time))
      } + story.functions.map { inhabitant.event(.function($0), uid: uid, at: time) }
  }

  /// Whether a program is named as Python's interpreters are: python, python3, python3.11, python3-dbg.
  static func isPython(_ exe: ByteString) -> Bool {
    let name = exe.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    let prefix = Array("python".utf8)
    guard name.starts(with: prefix) else { return false }
    let rest = name.dropFirst(prefix.count).prefix { $0 != UInt8(ascii: "-") }
    return rest.allSatisfy { $0 == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

/// What the agent in the command's Python processes is asked for.
public struct InsideOptions: Hashable, Sendable {
  public var calls: Bool
  public var environment: Bool

  public init(calls: Bool = true, environment: Bool = true) {
    self.calls = calls
    self.environment = environment
  }
}
