// SPDX-License-Identifier: Apache-2.0

/// The processes of a run, by id.
public struct ProcessTable: Sendable {
  public internal(set) var entries: [Process] = []
  public private(set) var programs: ProgramTable
  /// Distinct processes seen, folded ones included.
  public private(set) var seen = 0
  /// Of these, how many ended.
  public private(set) var ended = 0

  let limits: Limits
  var positions: [ProcessID: Int] = [:]
  /// Bytes of arguments and names kept in `entries`.
  var bytes = 0
  /// The next fold is tried when there are this many entries, or this many bytes.
  var foldAt: (entries: Int, bytes: Int)
  private var last: (id: ProcessID, position: Int)?

  init(_ limits: Limits) {
    self.limits = limits
    programs = ProgramTable(limit: limits.programs)
    foldAt = (limits.processes, limits.processBytes)
  }

  public subscript(id: ProcessID) -> Process? { positions[id].map { entries[$0] } }

  /// Who still runs, as far as is known.
  public var running: [Process] { entries.filter { $0.exit == nil } }

  var memory: Int {
    entries.capacity * MemoryLayout<Process>.stride + positions.capacity * 32 + bytes + programs.memory
  }

  // MARK: Events

  /// Notes who did it; gives its position, which holds until the next fold.
  mutating func note(_ event: Event) -> Int {
    let position = position(of: event.process)
    if event.time < entries[position].first ?? .max {
      entries[position].first = event.time
      entries[position].ppid = event.ppid
    }
    if event.time >= entries[position].latest {
      entries[position].latest = event.time
      if entries[position].comm != event.comm { entries[position].comm = event.comm }
      entries[position].uid = event.uid
    }
    return position
  }

  mutating func fork(of parent: Int, _ fork: Fork, at time: UInt64) {
    let parentID = entries[parent].id
    let program = program(of: parent, at: time)
    let child = position(of: fork.child)
    // A parent is older than its child; anything else is damaged, and would make a circle.
    guard parentID.isOlder(than: fork.child) else { return }
    entries[child].parent = parentID
    if let origin = entries[child].origin {
      programs.alias(origin, to: program)
    } else {
      entries[child].origin = program
    }
  }

  mutating func exec(of position: Int, _ exec: Exec, at time: UInt64, uid: UInt32) -> Program.ID {
    let program = programs.add(
      Program(name: Program.name(of: exec), process: entries[position].id, time: time, cwd: exec.cwd))
    let image = Image(exec, program: program, time: time, uid: uid, room: roomForArguments)
    bytes += image.bytes
    if entries[position].current.map({ $0.since <= time }) ?? true {
      entries[position].current = (program, time)
    }
    entries[position].insert(.exec(image), limit: limits.stepsOfProcess)
    return program
  }

  /// A process that was there before, with what it had executed last. It counts from the process's start, so that
  /// whatever it does belongs to that program; a later exec that came first tells more.
  mutating func exist(_ position: Int, _ exec: Exec, at time: UInt64, uid: UInt32) {
    guard entries[position].images.isEmpty else { return }
    _ = self.exec(of: position, exec, at: entries[position].id.start, uid: uid)
    if let origin = entries[position].origin, let current = entries[position].current {
      programs.alias(origin, to: current.program)
    }
  }

  mutating func fail(of position: Int, _ failure: FailedExec, at time: UInt64) {
    let path = failure.target.ourPath ?? failure.target.requested ?? ""
    bytes += path.count + 64
    entries[position].fail(path, failure.error, at: time, limit: limits.stepsOfProcess)
  }

  mutating func exit(of position: Int, _ exit: Exit) {
    if entries[position].exit == nil {
      ended += 1
      entries[position].ended = ended
    }
    entries[position].exit = exit
  }

  /// Whom an event of that process at that time belongs to.
  mutating func program(of position: Int, at time: UInt64) -> Program.ID {
    if let current = entries[position].current {
      if current.since <= time { return current.program }
      if let earlier = entries[position].images.last(where: { $0.time <= time }) { return earlier.program }
    }
    if let origin = entries[position].origin { return origin }
    let process = entries[position]
    let provisional = programs.add(
      Program(
        name: process.comm, process: process.id, time: process.id.start, cwd: "", isProvisional: true))
    entries[position].origin = provisional
    return provisional
  }

  /// The same; nil for who is not known, or not any more.
  mutating func program(of id: ProcessID, at time: UInt64) -> Program.ID? {
    positions[id].map { program(of: $0, at: time) }
  }

  private mutating func position(of id: ProcessID) -> Int {
    if let last, last.id == id { return last.position }
    let position: Int
    if let known = positions[id] {
      position = known
    } else {
      position = entries.count
      entries.append(Process(id))
      positions[id] = position
      seen += 1
    }
    last = (id, position)
    return position
  }

  /// Past the budget only the beginning of each argument list is kept.
  private var roomForArguments: Int { bytes < limits.processBytes * 3 / 4 ? 128 << 10 : 1 << 10 }

  /// The entries were replaced.
  mutating func replace(_ entries: [Process]) {
    self.entries = entries
    last = nil
    positions = [:]
    positions.reserveCapacity(entries.count)
    for (position, process) in entries.enumerated() { positions[process.id] = position }
    bytes = entries.reduce(0) { $0 + $1.bytes }
    // Where little could be folded, the next attempt waits until there is twice as much: this keeps the
    // work for each event constant.
    foldAt = (
      max(limits.processes, 2 * entries.count), max(limits.processBytes, 2 * bytes)
    )
  }
}

extension ProcessID {
  func isOlder(than other: ProcessID) -> Bool {
    (start, pid) < (other.start, other.pid)
  }
}
