// SPDX-License-Identifier: Apache-2.0

/// What a run did, as far as it is known: events reduced to processes, connections and files.
///
/// A value: a copy is a picture of that moment. Events may come in any order; who is not known yet gets a
/// placeholder, and times, not arrival, decide what came first. Memory is bounded by `limits`.
public struct Inspection: Sendable {
  public let start: SessionStart
  public let limits: Limits
  /// Events applied.
  public private(set) var events: UInt64 = 0
  /// Lost events, summed by reason, in the order the reasons first came.
  public private(set) var losses: [Loss] = []
  public private(set) var processes: ProcessTable
  public private(set) var connections: ConnectionTable
  public private(set) var services: ServiceTable
  public private(set) var files: FileTable
  public private(set) var acts = ActTable()
  public private(set) var traffic = TrafficTable()
  public private(set) var existing = ExistingTable()
  public private(set) var environment: EnvironmentTable
  public private(set) var profiles: ProfileTable
  /// Honeyguide's own pid, as the initial pid namespace numbers it; nil where that is not known, or it attached.
  private var inspector: Int32?

  public init(_ start: SessionStart, limits: Limits = Limits()) {
    self.start = start
    self.limits = limits
    processes = ProcessTable(limits)
    connections = ConnectionTable(limits)
    services = ServiceTable(limits)
    files = FileTable(limits)
    environment = EnvironmentTable(limits)
    profiles = ProfileTable(limits)
  }

  public mutating func apply(_ event: Event) {
    events += 1
    let process = processes.note(event)
    // Only the command was there before: Honeyguide started it.
    if start.attached == nil, event.process.start < start.time { inspector = event.ppid }
    switch event.body {
    case .fork(let fork):
      processes.fork(of: process, fork, at: event.time)
    case .exec(let exec):
      let program = processes.exec(of: process, exec, at: event.time, uid: event.uid)
      files.execute(exec, by: program, at: event.time)
    case .failedExec(let failure):
      processes.fail(of: process, failure, at: event.time)
    case .exit(let exit):
      processes.exit(of: process, exit)
      files.end(event.process)
    case .open(let open):
      files.open(
        open, by: processes.program(of: process, at: event.time), of: event.process, at: event.time)
    case .lookup(let lookup):
      files.lookup(lookup, by: processes.program(of: process, at: event.time), at: event.time)
    case .change(let change):
      files.change(
        change, by: processes.program(of: process, at: event.time), of: event.process, uid: event.uid,
        at: event.time)
    case .socket(let use):
      socket(use, event.process, processes.program(of: process, at: event.time), at: event.time)
    case .act(let act):
      acts.add(act, by: processes.program(of: process, at: event.time), at: event.time)
    case .fileIO(let io): traffic.add(io)
    case .environment(let read):
      environment.add(
        read, process: event.process, program: processes.program(of: process, at: event.time),
        processes.programs, at: event.time)
    case .interpreter(let interpreter):
      profiles.add(
        interpreter, process: event.process, program: processes.program(of: process, at: event.time),
        processes.programs)
    case .function(let function):
      profiles.add(
        function, process: event.process, program: processes.program(of: process, at: event.time))
    case .existing(.process(let image)):
      processes.exist(process, image, at: event.time, uid: event.uid)
    case .existing(.file(let file)): existing.add(file)
    case .signal(let sent):
      let other = other(sent, at: event.time)
      acts.add(sent, other, by: processes.program(of: process, at: event.time), at: event.time)
    }
    processes.foldIfNeeded()
    files.foldIfNeeded()
  }

  private mutating func other(_ sent: SignalSent, at time: UInt64) -> ActTable.Other {
    if let program = processes.program(of: sent.other, at: time) { return .program(program) }
    return sent.isReceived && sent.other.pid == inspector ? .inspector : .stranger(sent.otherComm)
  }

  private mutating func socket(
    _ use: SocketEvent, _ process: ProcessID, _ program: Program.ID, at time: UInt64
  ) {
    switch use {
    case .connect(let connect): connections.add(connect, process: process, program: program, at: time)
    case .send(let send): connections.add(send, process: process, program: program, at: time)
    case .close(let close) where close.isAccepted: services.add(close, by: program, at: time)
    case .close(let close): connections.add(close, process: process, program: program, at: time)
    case .accept(let accept): services.add(accept, by: program, at: time)
    case .listen(let listen): services.add(listen, by: program, at: time)
    // What a client or a netlink socket binds is nothing that anybody is offered.
    case .bind(let bind):
      if case .netlink = bind.transport { return }
      if case .path(let target) = bind.local, bind.error == nil {
        files.bind(target, by: program, at: time)
      }
      if bind.transport.isDatagram || bind.error != nil { services.add(bind, by: program, at: time) }
    }
  }

  public mutating func lose(_ loss: Loss) {
    if let known = losses.firstIndex(where: { $0.reason == loss.reason }) {
      losses[known].count &+= loss.count
    } else {
      losses.append(loss)
    }
  }

  /// About how many bytes this takes, counted from what is kept.
  public var memory: Int {
    processes.memory + connections.memory + services.memory + files.memory + acts.memory
      + traffic.memory + environment.memory + profiles.memory
  }
}
