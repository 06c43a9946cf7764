// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Glibc
internal import Inspection
internal import SystemPackage

/// The kernel's side of one run: loaded, attached, following nobody yet.
///
/// Everything it holds are descriptors: when it is gone, or its process is killed, the kernel removes all of it.
struct Tracer: ~Copyable {
  let kernel: KernelSide
  private let links: Links
  private let reader: HandedOver<RingBuffer?>
  private let countsBytes: Bool
  private let tasks: BPFMap
  private let lossCounters: BPFMap
  private let connections: BPFMap
  private let alive: BPFMap
  /// What of the wishes could not be had, as sentences.
  let notes: [String]
  /// Tells who of those that are executed is not watched; nil where nobody asks.
  let unwatchedShells: UnwatchedShells?

  /// The attached programs. A class since an array cannot hold values that are not copyable.
  private final class Links {
    var all: [Box] = []
    var variables: VariableProbes?
    var functions: FunctionProbes?
    final class Box {
      let link: Link
      init(_ link: consuming Link) { self.link = link }
    }
    // From the last: where the first of two programs goes from a hook, the kernel waits 15 ms for everybody to see it.
    func removeAll() { while all.popLast() != nil {} }
    deinit { removeAll() }
  }

  struct Options: Sendable {
    /// Of the ring, in bytes: a power of two, at least a page.
    var ringSize: UInt32 = 16 << 20
    var filter = Filter()
    /// Whether bytes are counted by process and file.
    var countsBytes = false
    /// Whether the environment given at each exec is told.
    var tellsEnvironment = false
    /// Which look-ups of variables are told.
    var variables: VariableTargets?
    /// Whether calls inside Python are counted, from outside; in which interpreters that are there already.
    var functions: [ByteString]?
    /// Whether the command's programs load the agent.
    var loadsAgent = false
    /// Whom it attaches to; nil where it follows a command.
    var scope: Scope?
  }

  /// The programs that a hook starts.
  private let hooks: [String]

  /// What the kernel keeps from one of these, another makes up for.
  private static let ofConnections = ["tcp_state", "tcp_error", "tcp_destroy"]
  /// Run by hand.
  private static let counter = "count_open"
  /// At the end of every system call.
  private static let ofCalls = "call_exit"

  private static func hooks(_ filter: Filter) -> [String] {
    ["process_fork", "process_exec", "process_exit"]
      + (hasUring(filter) ? ["uring_submit", "uring_done"] : [])
      + (filter.has(.system) ? ["signal_sent"] : [])
      + (filter.has(.net) ? ofConnections : [])
  }

  /// Linux 6.3 (commit 2ad57931db64) gave the tracepoint what is needed.
  private static func hasUring(_ filter: Filter) -> Bool {
    KernelFeature.tracepoint("io_uring_submit_req").answer == .yes
      && [.open, .lookup, .change, .system].contains(where: filter.has)
  }

  /// Loads and attaches. Nothing is told before a process is followed.
  static func start(_ options: Options) throws(BPFError) -> Tracer {
    DescriptorTable.makeRoom()
    var blueprint = try Blueprint(
      EmbeddedObject.inspect.bytes, otherwise: { EmbeddedObject.inspectByCalls.bytes }, name: "honeyguide")
    try blueprint.resize(map: "events", entries: options.ringSize)
    try blueprint.set(constant: "wake_at", to: UInt64(options.ringSize / 16))
    try blueprint.set(constant: "hash_seed", to: UInt64.random(in: .min ... .max))
    if options.loadsAgent {
      let knowsLoader = Injection.knowsLoader(options.filter)
      try blueprint.set(constant: "loads_agent", to: UInt32(knowsLoader ? 1 : 2))
    }
    if options.tellsEnvironment { try blueprint.set(constant: "tells_environment", to: UInt32(1)) }
    try options.filter.prepare(
      &blueprint, needsProcesses: options.loadsAgent || options.functions != nil)
    if !options.countsBytes { try blueprint.omit(map: FileCounters.map) }
    let targets = options.variables.flatMap { $0.isEmpty ? nil : $0 }
    if targets == nil { try VariableProbes.omit(from: &blueprint) }
    if options.functions == nil { try FunctionProbes.omit(from: &blueprint) }
    if targets == nil, options.functions == nil { try blueprint.omit(map: "variable_slots") }
    let iterators = try prepare(options.scope, options.filter, &blueprint)
    // What the kernel has is found out meanwhile, by another thread.
    try blueprint.createMaps()

    let hooks = hooks(options.filter) + (options.scope?.hooks ?? []) + [ofCalls],
      rows = SystemCall.table.filter {
        $0.isOfBytes ? options.countsBytes : options.filter.has($0.group)
      }
    let counters = options.filter.has(.net) ? [counter] : []
    let uprobes =
      try (targets == nil ? [] : VariableProbes.prepare(&blueprint))
      + (options.functions == nil ? [] : FunctionProbes.prepare(&blueprint))
    let calls = rows.filter { !$0.isOfUring }, tellers = calls.compactMap(\.teller)
    try blueprint.set(constant: "tells_paths", to: UInt32(calls.contains { $0.teller == nil } ? 1 : 0))
    for program in Set(tellers + hooks + counters + iterators + uprobes) {
      try blueprint.enable(true, program: program)
    }
    // What is told of system calls takes the verifier as long as all others. The uprobes come first, since the kernel takes
    // long to attach them.
    let kernel = KernelSide(try blueprint.load(apart: [uprobes, tellers + [ofCalls]]))
    let variables = targets.map { AttachingVariables(kernel, $0) }
    let reader = HandedOver<RingBuffer?>(try RingBuffer(try kernel.object.map("events")))
    try options.filter.fill(kernel.object)
    let table = try kernel.object.map("calls")
    for (row, shape) in SystemCall.shapes(of: rows) { try table.update(row, shape) }

    let links = Links()
    for program in hooks.dropLast() { links.all.append(Links.Box(try kernel.object.attach(program))) }
    let programs = try kernel.object.map("tellers")
    for call in calls {
      guard let teller = call.teller else { continue }
      try programs.update(call.row, try kernel.object.descriptor(ofProgram: teller).rawValue)
    }
    links.all.append(Links.Box(try kernel.object.attach(ofCalls)))
    if let interpreters = options.functions {
      let probes = FunctionProbes()
      for path in interpreters { _ = probes.attach(path, kernel.object) }
      links.functions = probes
    }
    var notes = targets?.notes ?? []
    do throws(BPFError) {
      links.variables = try variables?.result()
      if links.variables?.lacksLibrary == true { notes.append(VariableError.noLibrary.note) }
    } catch {
      // Whoever asks for bash wants that, or nothing.
      if targets?.shells.isEmpty == false { throw error }
      notes.append(VariableError.refused(error).note)
    }
    let shells = targets?.shells ?? []
    return Tracer(
      tasks: try kernel.object.map("tasks"), lossCounters: try kernel.object.map("losses"),
      connections: try kernel.object.map("connections"), alive: try kernel.object.map("alive"), hooks: hooks,
      links: links, notes: notes,
      unwatchedShells: shells.isEmpty ? nil : UnwatchedShells(watched: Set(shells.map(\.file.identity))),
      countsBytes: options.countsBytes, kernel: kernel, reader: reader)
  }

  private init(
    tasks: consuming BPFMap, lossCounters: consuming BPFMap, connections: consuming BPFMap,
    alive: consuming BPFMap, hooks: [String], links: Links, notes: [String],
    unwatchedShells: UnwatchedShells?, countsBytes: Bool,
    kernel: KernelSide, reader: HandedOver<RingBuffer?>
  ) {
    self.notes = notes
    self.unwatchedShells = unwatchedShells
    self.kernel = kernel
    self.reader = reader
    self.countsBytes = countsBytes
    self.hooks = hooks
    self.links = links
    self.tasks = tasks
    self.lossCounters = lossCounters
    self.connections = connections
    self.alive = alive
  }

  /// The sums of bytes that the kernel keeps.
  func fileCounters() throws(BPFError) -> FileCounters {
    FileCounters(countsBytes ? try kernel.object.map(FileCounters.map) : nil)
  }

  /// Counts how far the TCP connections have come that are still open. To be called before the hooks end: without them nobody
  /// would know what ends meanwhile. From then on no connection is told.
  func countConnections() throws(BPFError) {
    if hooks.contains(Self.ofConnections[0]) { try kernel.object.run(Self.counter) }
  }

  /// Ends the hooks: nothing more is told, but for look-ups of variables and calls inside Python.
  func detach() { links.removeAll() }

  /// Ends them, too, a moment later. It costs less when the ring is not mapped any more, for a process is forked.
  func detachUprobes() {
    let uprobes = (links.variables?.descriptors ?? []) + (links.functions?.descriptors ?? [])
    let holder = uprobes.isEmpty ? nil : Holder.start(uprobes)
    links.variables = nil
    links.functions?.detach()
    _ = consume holder
  }

  /// The probes that tell of calls inside Python; nil where none are asked for.
  var functions: FunctionProbes? { links.functions }

  /// Attaches to a file, where it has an interpreter's code.
  func observe(_ file: ByteString) -> FunctionProbes.Finding {
    links.functions?.attach(file, kernel.object) ?? .noPython
  }

  /// What is counted of calls.
  func functionCounts() throws(BPFError) -> BPFMap { try kernel.object.map("function_counts") }

  /// The ring's reader: for one thread, once.
  func takeRing() -> RingBuffer {
    guard let ring = reader.value.take() else { preconditionFailure("the ring has its reader") }
    return ring
  }

  /// Follows a process from now on, with everything it will start. `pidfd` names it; `isExcluded`: nothing that it does
  /// before its next exec is told.
  func follow(_ pidfd: FileDescriptor, isExcluded: Bool) throws(BPFError) {
    try alive.update(UInt32(0), (try alive.lookup(UInt32(0), as: UInt64.self) ?? 0) + 1)
    try tasks.update(pidfd.rawValue, Followed(marks: 1, state: isExcluded ? 3 : 2, connecting: 0))
  }

  /// How many followed processes have not ended. The kernel counts them: what the ring loses makes no difference.
  func living() throws(BPFError) -> UInt64 { try alive.lookup(UInt32(0), as: UInt64.self) ?? 0 }

  /// `struct followed` of the kernel programs.
  private struct Followed: BitwiseCopyable {
    /// Claimed: 1.
    var marks: UInt32
    /// Excluded: 1; at the gate: 2.
    var state: UInt32
    var connecting: UInt64
  }

  /// What the kernel's side could not tell so far, by reason; zeros are left out.
  func losses() throws(BPFError) -> [Loss] {
    var losses: [Loss] = []
    for (reason, word) in [
      (HG_LOST_RING, "ring-full"), (HG_LOST_FOLLOW, "child-not-followed"),
      (HG_LOST_CONNECTIONS, "too-many-connections"), (HG_LOST_32_BIT, "not-decoded-x32"),
      (HG_LOST_FILES, "too-many-files"),
      (HG_LOST_VARIABLES, "too-many-variable-look-ups"), (HG_LOST_FUNCTIONS, "calls-not-counted"),
      (HG_LOST_URING, "too-many-io-uring-requests"), (HG_LOST_ENDS, "connection-end-missed"),
      (HG_LOST_INTERNAL, "internal-table"),
    ] {
      let count = try lossCounters.sum(reason.rawValue)
      if count > 0 { losses.append(Loss(reason: word, count: count)) }
    }
    var missed: UInt64 = 0
    for program in hooks where !Self.ofConnections.contains(program) {
      missed += try kernel.object.misses(ofProgram: program)
    }
    if missed > 0 { losses.append(Loss(reason: "hook-busy", count: missed)) }
    return losses
  }

  /// The requests of io_uring that were only counted.
  func uringRequests(now: UInt64) throws(BPFError) -> [Event] {
    if !hooks.contains("uring_submit") { return [] }
    let entries = try kernel.object.map("uring_counts").entries(
      key: hg_uring_key.self, value: hg_uring_count.self)
    // Of some all were told in the end.
    return entries.filter { $0.value.count > 0 }.sorted {
      ($0.key.start, $0.key.operation) < ($1.key.start, $1.key.operation)
    }.map {
      key, value in
      var header = value.header
      header.time = now
      return Decoder.event(
        header,
        .act(
          SystemAct(
            kind: .uring, call: SystemCall.operation(Int(key.operation)),
            flags: value.count)))
    }
  }

  /// The TCP connections that are not at their end: a pending connect, or how far each that is open has come.
  func openConnections(now: UInt64) throws(BPFError) -> [Event] {
    // Nothing is there where sockets are left out.
    if !hooks.contains(Self.ofConnections[0]) { return [] }
    if try connections.isEmpty() { return [] }
    let entries = try connections.entries(key: UInt64.self, value: hg_connection.self)
    // Entries that come and go meanwhile can be met twice.
    let distinct = Dictionary(entries.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    return distinct.values.sorted { $0.record.header.time < $1.record.header.time }.compactMap {
      connection -> Event? in
      var record = connection.record
      if connection.state & HG_CONNECTION_COUNTED.rawValue == 0 {
        // It came at the very moment of the counting.
        if connection.state & HG_CONNECTION_TOLD.rawValue == 0 {
          record.flags |= UInt16(HG_SOCKET_PENDING.rawValue)
        } else if connection.state & HG_CONNECTION_OPEN.rawValue != 0 {
          record.event = UInt8(HG_CALL_CLOSE.rawValue)
          record.flags |= UInt16(HG_SOCKET_OPEN.rawValue)
        } else {
          return nil
        }
      }
      record.header.time = now
      return Decoder.socket(record).map { Decoder.event(record.header, .socket($0)) }
    }
  }
}
