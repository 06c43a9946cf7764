// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CLaunch
internal import CProbeEvents
internal import Glibc
public import Inspection
internal import SystemPackage

/// The way of the events from the ring to the sinks, on two threads: one only copies the ring into a bounded queue,
/// the other decodes, and calls the sinks in order. So nothing slow ever keeps the ring waiting.
final class Pipeline: @unchecked Sendable {
  private let tracer: Tracer
  private let queue: EventQueue
  private let stop: WakeUp
  private let pageWanted: WakeUp
  /// Signalled again and again while nobody that was followed is alive.
  let allEnded: WakeUp
  /// Signalled when somebody came in who is to be described.
  private let arrival: WakeUp?
  /// Signalled when no sink is left that takes anything.
  private let allFailed: WakeUp?
  /// The agent in Python processes; nil where there is none.
  private let injection: Injection?
  /// Calls inside Python that are counted from outside; nil where none are.
  private let outside: OutsideObservation?
  private var reader: Thread?
  private var worker: Thread?

  // Of the worker's thread while it runs, of the caller's before and after.
  private var decoder: Decoder
  private var fileCounters: FileCounters
  private var sinks: [RunningSink]
  private var told: [String: UInt64] = [:]
  private var undecodable: [String: UInt64] = [:]
  /// What could not be found out, as sentences.
  private var unknown: Set<String> = []
  private var unwatchedShells: UnwatchedShells?
  private var onPageRequest: PageRequest = { _ in }
  private var startTime: UInt64 = 0
  private var isAttached = false
  private var masksSecrets = true
  /// Or the kernel tells of processes only because Honeyguide itself has to know who is who.
  private var tellsProcesses = true
  private(set) var events: UInt64 = 0
  /// Set by the reader's thread before it ends.
  private var readerError: BPFError?

  /// How long the reader sleeps when nobody wakes it, and how often losses are asked for: milliseconds.
  private static let readerNap: Int32 = 40, lossInterval = 500

  init(
    _ tracer: consuming Tracer, sinks: [any EventSink], queueLimit: Int, allEnded: WakeUp,
    arrival: WakeUp? = nil, allFailed: WakeUp? = nil, injection: Injection? = nil,
    outside: InsideOptions? = nil
  )
    throws
  {
    fileCounters = try tracer.fileCounters()
    unwatchedShells = tracer.unwatchedShells
    self.outside = try outside.map { OutsideObservation(try tracer.functionCounts(), $0) }
    self.tracer = tracer
    self.sinks = sinks.map(RunningSink.init)
    queue = EventQueue(limit: queueLimit)
    stop = try WakeUp()
    pageWanted = try WakeUp()
    self.allEnded = allEnded
    self.arrival = arrival
    self.allFailed = allFailed
    self.injection = injection
    decoder = Decoder(pageSize: UInt64(sysconf(Int32(_SC_PAGESIZE))))
  }

  /// Starts both threads. `onPageRequest` runs on the worker's, between two events.
  func start(_ session: SessionStart, onPageRequest: @escaping PageRequest) throws(BPFError) {
    self.onPageRequest = onPageRequest
    startTime = session.time
    isAttached = session.attached != nil
    masksSecrets = !session.showsSecrets
    tellsProcesses = session.filter.has(.exec)
    var session = session
    if masksSecrets { session.maskSecrets() }
    for sink in sinks { sink.run { try $0.start(session) } }
    let ring = HandedOver(tracer.takeRing())
    reader = Thread { [self] in read(ring) }
    worker = Thread { [self] in work() }
  }

  /// Follows a process from now on, with everything it will start.
  func follow(_ pidfd: FileDescriptor, isExcluded: Bool = false) throws(BPFError) {
    try tracer.follow(pidfd, isExcluded: isExcluded)
  }

  /// Names a process of those that it is attached to. ESRCH: it has ended.
  func choose(_ pidfd: FileDescriptor) throws(BPFError) { try tracer.choose(pidfd) }

  /// Follows all that exist and belong to the scope; gives how many tasks that are.
  @discardableResult
  func markExisting() throws(BPFError) -> UInt64 { try tracer.markExisting() }

  /// Tells what those are that were marked since the last time, and what they have open.
  func describeMarked() throws(BPFError) {
    var batch = EventQueue.Batch()
    try tracer.describeMarked { record in
      batch.append(record)
      if batch.bytes.count >= 1 << 20 { queue.push(&batch) }
    }
    queue.push(&batch)
  }

  /// Follows and describes those who came in.
  func describeArrivals() throws(BPFError) {
    try tracer.markExisting()
    try describeMarked()
  }

  /// Asks for the page so far, which comes behind what the ring holds by now.
  func requestPage() { pageWanted.signal() }

  /// Reads what the ring still holds, ends both threads, and tells the sinks the end.
  ///
  /// What was lost is part of what `end` is given.
  func finish(_ end: (_ losses: [Loss], _ events: UInt64, _ notes: [String]) -> SessionEnd) -> SessionEnd {
    // Whoever goes on could otherwise fill the ring as fast as it is emptied.
    let counted = Result { () throws(BPFError) in try tracer.countConnections() }
    tracer.detach()
    stop.signal()
    reader?.join()
    tracer.detachUprobes()
    queue.push(.end)
    worker?.join()
    let now = Clock.boot()
    for event in injection?.finish(at: now) ?? [] { receive(event) }
    if let outside, let probes = tracer.functions {
      for event in outside.finish(at: now, probes) { receive(event) }
      unknown.formUnion(outside.failures)
    }
    receive("What was read from files and written to them") { () throws(BPFError) in
      try fileCounters.takeAll(at: now).filter { injection?.isOwn($0) != true }
    }
    receive("Requests of io_uring") { () throws(BPFError) in try tracer.uringRequests(now: now) }
    receive("Connections that were still open") { () throws(BPFError) in
      try counted.get()
      return try tracer.openConnections(now: now)
    }
    tellLosses()
    let losses = told.map { Loss(reason: $0.key, count: $0.value) }.sorted { $0.reason < $1.reason }
    var notes =
      sinks.compactMap(\.failure) + tracer.notes + unknown.sorted() + (injection?.failures.sentences ?? [])
      + (unwatchedShells?.notes ?? [])
    if let readerError { notes.append("Reading events ended early: \(readerError).") }
    var result = end(losses, events, notes)
    for sink in sinks { sink.run { try $0.finish(result) } }
    // Those that failed only now are in no sink's own notes.
    result.notes += sinks.compactMap(\.failure).filter { !result.notes.contains($0) }
    return result
  }

  /// Hands on what the kernel kept until the end; where that cannot be read, the page says so.
  private func receive(_ subject: String, _ events: () throws(BPFError) -> [Event]) {
    do throws(BPFError) { for event in try events() { receive(event) } } catch {
      unknown.insert("\(subject) could not be read: \(error).")
    }
  }

  // MARK: The reader's thread

  private func read(_ ring: HandedOver<RingBuffer>) {
    var batch = EventQueue.Batch()
    var isLast = false
    do throws(BPFError) {
      while true {
        let isPageWanted = pageWanted.take()
        try ring.value.consume { record in
          batch.append(record)
          if batch.bytes.count >= 1 << 20 {
            queue.push(&batch)
            // A ring that is filled as fast as it is emptied does not put a page off for ever.
            if pageWanted.take() { queue.push(.pageRequest) }
          }
        }
        queue.push(&batch)
        if isPageWanted { queue.push(.pageRequest) }
        // Asked to stop: one more round takes what came until then.
        if isLast { return }
        isLast = waitForRing(ring.value.pollDescriptor.rawValue)
      }
    } catch {
      readerError = error
      while !waitForRing(nil) {
        if pageWanted.take() { queue.push(.pageRequest) }
      }
    }
  }

  /// Sleeps until the ring is worth a look, or a page is wanted; whether it was asked to stop.
  private func waitForRing(_ ring: CInt?) -> Bool {
    var waiting = [stop.descriptor, pageWanted.descriptor, ring ?? -1].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    unsafe poll(&waiting, nfds_t(waiting.count), Self.readerNap)
    return waiting[0].revents & Int16(POLLIN) != 0
  }

  // MARK: The worker's thread

  private func work() {
    var lastLosses = Clock.boot()
    while true {
      for item in queue.pop(milliseconds: Self.lossInterval) {
        switch item {
        case .batch(let batch):
          batch.forEach(decode)
          queue.recycle(batch)
        case .pageRequest:
          var soFar = injection?.soFar(at: Clock.boot()) ?? []
          if let outside, let probes = tracer.functions {
            soFar += outside.soFar(at: Clock.boot(), probes)
          }
          if masksSecrets { for index in soFar.indices { soFar[index].maskSecrets() } }
          onPageRequest(soFar)
        case .end: return
        }
      }
      let now = Clock.boot()
      if now - lastLosses > UInt64(Self.lossInterval) * 1_000_000 {
        tellLosses()
        lastLosses = now
      }
      for sink in sinks { sink.run { try $0.flush() } }
      if !sinks.isEmpty, sinks.allSatisfy(\.hasFailed) { allFailed?.signal() }
      if (try? tracer.living()) == 0 { allEnded.signal() }
    }
  }

  private func decode(_ record: RawSpan) {
    do throws(DecodeError) {
      var reader = RecordReader(record)
      if FileCounters.isCounted(try reader.peek(hg_header.self).type) {
        fileCounters.note(try FileCounters.counted(&reader))
      } else if FunctionRecord.isOne(try reader.peek(hg_header.self).type) {
        outside?.note(try FunctionRecord(&reader))
      } else if let event = try decoder.decode(record) {
        for event in injection?.sift(event) ?? [event] {
          for ended in injection?.note(event) ?? [] { receive(ended) }
          if let outside, let probes = tracer.functions {
            for ended in outside.note(event, probes, attach: observe) { receive(ended) }
          }
          if case .exit = event.body { tellBytes(of: event) }
          if tellsProcesses || !Self.isOfProcesses(event) { receive(event) }
        }
      } else if decoder.takeArrivals() {
        arrival?.signal()
      }
    } catch {
      let reason =
        switch error {
        case .short(let type), .invalid(let type): "undecodable-record-\(type)"
        case .unknown(let type): "unknown-record-\(type)"
        }
      undecodable[reason, default: 0] += 1
    }
  }

  private static func isOfProcesses(_ event: Event) -> Bool {
    switch event.body {
    case .fork, .exec, .exit: true
    default: false
    }
  }

  /// Looks for an interpreter of Python in what was executed or loaded, and attaches to it.
  private func observe(_ suspect: Suspect) -> FunctionProbes.Finding {
    var finding = FunctionProbes.Finding.noPython
    for file in suspect.codeFiles {
      finding = tracer.observe(file)
      if case .noPython = finding { continue }
      break
    }
    return finding
  }

  /// Its sums are at their end with the process itself.
  private func tellBytes(of end: Event) {
    do throws(BPFError) {
      for event in try fileCounters.take(end.process, at: end.time) where injection?.isOwn(event) != true {
        receive(event)
      }
    } catch {
      unknown.insert("Bytes that were counted could not be read: \(error).")
    }
  }

  private func receive(_ event: Event) {
    var event = event
    if !isAttached, event.process.start < startTime, case .exit(var exit) = event.body {
      // The command's process waited at its gate before there was a command.
      exit.duration -= min(exit.duration, startTime - event.process.start)
      event.body = .exit(exit)
    }
    if case .exec(let exec) = event.body { unwatchedShells?.note(exec, by: event.process.pid) }
    if masksSecrets { event.maskSecrets() }
    events += 1
    for sink in sinks { sink.run { try $0.receive(event) } }
  }

  /// Tells the sinks what was lost since they were told last.
  private func tellLosses() {
    var losses: [Loss] = []
    do throws(BPFError) { losses = try tracer.losses() } catch {
      unknown.insert("How much the kernel's side lost could not be read: \(error).")
    }
    if queue.lost > 0 { losses.append(Loss(reason: "queue-full", count: queue.lost)) }
    if decoder.requests.dropped > 0 {
      losses.append(Loss(reason: "too-many-io-uring-requests", count: decoder.requests.dropped))
    }
    losses += (injection?.refused ?? [:]).map { Loss(reason: $0.key, count: $0.value) }
    losses += undecodable.map { Loss(reason: $0.key, count: $0.value) }
    let now = Clock.boot()
    for loss in losses {
      let before = told[loss.reason, default: 0]
      guard loss.count > before else { continue }
      let fresh = loss.count - before
      told[loss.reason] = loss.count
      for sink in sinks { sink.run { try $0.lose(Loss(reason: loss.reason, count: fresh), time: now) } }
    }
  }
}

/// Called where somebody asks for the page so far, with what those who still run have done inside Python until now: no part
/// of the story, which tells it when they have ended.
public typealias PageRequest = (_ soFar: [Event]) -> Void

/// A sink, until it fails: then it is left alone, and the reason is kept.
private final class RunningSink {
  private let sink: any EventSink
  private var error: (any Error)?

  init(_ sink: any EventSink) { self.sink = sink }

  func run(_ body: (any EventSink) throws -> Void) {
    guard error == nil else { return }
    do { try body(sink) } catch { self.error = error }
  }

  var hasFailed: Bool { error != nil }

  /// Why it ended early, as a sentence; nil when it did not, or when its reader just went away (`| head`).
  var failure: String? {
    guard let error, error as? OutputError != .closed else { return nil }
    return "\(error)"
  }
}
