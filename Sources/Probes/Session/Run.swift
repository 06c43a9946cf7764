// SPDX-License-Identifier: Apache-2.0
internal import BPF
public import Inspection
internal import SystemPackage

/// One inspection of one command, from the gate to the last event.
public enum Run {
  public struct Options: Sendable {
    public var command: [ByteString]
    /// Of the ring, in bytes: a power of two, at least a page.
    public var ringSize: UInt32 = 16 << 20
    /// How many bytes of events may wait for a slow disk or pipe.
    public var queueLimit = 256 << 20
    /// Go on until everything that the command started has ended.
    public var waitsForAll = false
    /// Count bytes by process and file.
    public var countsBytes = false
    /// Tell how the environment given at each exec differs.
    public var tellsEnvironment = false
    /// Which look-ups of variables are told.
    public var variables = VariableOptions()
    /// How long the inspection is to go on, in nanoseconds; nil: as long as the command.
    public var duration: UInt64?
    /// What is asked of the agent in Python processes; nil: nothing is put into any process.
    public var inside: InsideOptions?
    /// What is asked of interpreters of Python with nothing put into any process; nil: nothing.
    public var outside: InsideOptions?

    public init(command: [ByteString]) { self.command = command }
  }

  /// Runs the command and inspects it; gives what the sinks were told at the end.
  ///
  /// - Parameters:
  ///   - session: what is known before the start; its times are set here.
  ///   - sinks: called from one thread at a time, in order.
  ///   - onPageRequest: called between two events when somebody asks for the page so far (SIGUSR1).
  /// - Throws: `InspectionError` when inspection cannot start: then the command was not started. `LaunchError`
  ///   when the command itself cannot be.
  public static func run(
    _ options: Options, plan: LaunchPlan, signals: consuming SignalGuard, session: SessionStart,
    sinks: [any EventSink], onPageRequest: @escaping PageRequest
  ) throws -> SessionEnd {
    var plan = plan
    let injection = inject(options.inside, into: &plan, session.filter)
    let command = try GatedCommand(options.command, plan: plan, inherited: signals.inherited)
    let allEnded = try WakeUp()
    let pipeline = try start(
      options, plan.environment, following: command, session, sinks, allEnded, injection, onPageRequest)
    let running: RunningCommand
    do {
      running = try command.release(signals)
    } catch {
      let status = Exit.Status.code(error.exitCode)
      _ = pipeline.finish {
        SessionEnd(status: status, time: Clock.boot(), losses: $0, events: $1, notes: $2)
      }
      throw error
    }

    var supervisor = Supervisor(running, signals: signals, wakeUp: allEnded)
    let (end, isTimeOver) = supervise(
      &supervisor, pipeline, waitsForAll: options.waitsForAll, duration: options.duration)
    let time = Clock.boot()
    supervisor.signals.relax()
    return pipeline.finish {
      var session = SessionEnd(
        status: end?.status, time: time, commandTime: end?.time, losses: $0, events: $1,
        notes: plan.notes + $2)
      session.isTimeOver = isTimeOver
      return session
    }
  }

  /// Prepares what the command is to load; where that cannot be, the page says so.
  private static func inject(_ inside: InsideOptions?, into plan: inout LaunchPlan, _ filter: Filter)
    -> Injection?
  {
    guard let inside, inside.calls || inside.environment else { return nil }
    do throws(InjectionError) {
      let wishes = Injection.Wishes(calls: inside.calls, environment: inside.environment)
      let injection = try Injection(wishes, filter, program: Diagnosis.ownProgram)
      injection.apply(to: &plan.environment)
      return injection
    } catch {
      plan.notes.append("\(error)")
      return nil
    }
  }

  /// Loads, attaches and follows the command that waits at its gate.
  private static func start(
    _ options: Options, _ environment: EnvironmentBlock, following command: borrowing GatedCommand,
    _ session: SessionStart,
    _ sinks: [any EventSink], _ allEnded: WakeUp, _ injection: Injection?,
    _ onPageRequest: @escaping PageRequest
  ) throws -> Pipeline {
    do {
      let outside = options.outside.flatMap { $0.calls ? $0 : nil }
      let interpreters = outside.map { _ in pythonFiles(options.command, environment) }
      let subject = VariableTargets.Subject.command(options.command.first ?? "", path: environment["PATH"])
      let tracer = try Tracer.start(
        Tracer.Options(
          ringSize: options.ringSize, filter: session.filter,
          countsBytes: options.countsBytes, tellsEnvironment: options.tellsEnvironment,
          variables: try VariableTargets(options.variables, for: subject), functions: interpreters,
          loadsAgent: injection != nil))
      let pipeline = try Pipeline(
        tracer, sinks: sinks, queueLimit: options.queueLimit, allEnded: allEnded, injection: injection,
        outside: outside)
      // Until it executes the command, its executable is Honeyguide's.
      try pipeline.follow(
        FileDescriptor(rawValue: command.pidfd), isExcluded: !session.filter.exes.isEmpty)
      var session = session
      session.time = Clock.boot()
      session.bootTime = Clock.bootTime()
      try pipeline.start(session, onPageRequest: onPageRequest)
      return pipeline
    } catch {
      throw InspectionError(error)
    }
  }

  /// The files with Python's code that the command may come to run.
  private static func pythonFiles(_ command: [ByteString], _ environment: EnvironmentBlock) -> [ByteString] {
    guard let first = command.first else { return [] }
    return PythonSearch(environment: environment).interpreters(of: first).flatMap {
      PythonSearch.codeFiles($0, libraryPath: environment["LD_LIBRARY_PATH"])
    }
  }

  /// Waits for the end; gives how and when the command itself ended, nil when it goes on without us, and whether that
  /// was because the time was over.
  private static func supervise(
    _ supervisor: inout Supervisor, _ pipeline: Pipeline, waitsForAll: Bool, duration: UInt64?
  ) -> (end: (status: Exit.Status, time: UInt64)?, isTimeOver: Bool) {
    var end: (status: Exit.Status, time: UInt64)?
    var haveAllEnded = false
    let deadline = duration.map { Clock.boot() &+ $0 }
    while true {
      let now = Clock.boot()
      switch supervisor.next(timeout: deadline.map { $0 - min($0, now) }) {
      case .commandEnded(let status):
        end = (status, Clock.boot())
        if !waitsForAll || haveAllEnded { return (end, false) }
        supervisor.waitOn()
      case .wokenUp:
        // The events may be faster than the kernel's word that the command is to be reaped.
        if end != nil { return (end, false) }
        haveAllEnded = true
      case .pageRequested: pipeline.requestPage()
      case .terminated: return (end, false)
      case .timedOut: return (end, true)
      }
    }
  }
}

/// Why an inspection could not start: one sentence that says what to do.
public struct InspectionError: Error, CustomStringConvertible {
  public let description: String

  /// `consequence` goes on from "Inspection could not start".
  init(_ error: any Error, consequence: String = ", so the command was not started") {
    description =
      "Inspection could not start\(consequence): \(DescriptorTable.obstacle(error) ?? Diagnosis.obstacle ?? "\(error)");"
      + " 'honeyguide doctor' tells more."
  }
}
