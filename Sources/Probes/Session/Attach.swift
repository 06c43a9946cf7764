// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CLaunch
internal import Glibc
public import Inspection
internal import SystemPackage

/// One inspection of what runs already, from the moment it is marked to the last event.
///
/// Nothing is done to those who are followed: they are marks and hooks in the kernel, which go with Honeyguide.
public enum Attach {
  public struct Options: Sendable {
    /// Of the ring, in bytes: a power of two, at least a page.
    public var ringSize: UInt32 = 16 << 20
    /// How many bytes of events may wait for a slow disk or pipe.
    public var queueLimit = 256 << 20
    /// Count bytes by process and file.
    public var countsBytes = false
    /// Tell how the environment given at each exec differs.
    public var tellsEnvironment = false
    /// Which look-ups of variables are told.
    public var variables = VariableOptions()
    /// What is asked of interpreters of Python; nil: nothing.
    public var outside: InsideOptions?
    /// How long the inspection is to go on, in nanoseconds; nil: until it is ended, or nobody is left.
    public var duration: UInt64?
    /// What is to be told at the end beside what comes up.
    public var notes: [String] = []

    public init() {}
  }

  /// Inspects until everybody followed has ended (and the control group has been removed), the time is over, all sinks have failed, or SIGINT, SIGTERM, SIGQUIT or SIGHUP comes; gives
  /// what the sinks were told at the end.
  ///
  /// - Parameters:
  ///   - session: what is known before the start; its times are set here.
  ///   - sinks: called from one thread at a time, in order.
  ///   - onPageRequest: called between two events when somebody asks for the page so far (SIGUSR1).
  /// - Throws: `InspectionError` when inspection cannot start, `AttachError` when nobody is left to follow.
  public static func run(
    _ options: Options, target: borrowing AttachTarget, signals: consuming SignalGuard, session: SessionStart,
    sinks: [any EventSink], onPageRequest: @escaping PageRequest
  ) throws -> SessionEnd {
    let watch = Watch(
      signals, allEnded: try WakeUp(), arrival: try WakeUp(), allFailed: try WakeUp())
    let pipeline: Pipeline
    do {
      pipeline = try start(options, target, watch, session, sinks, onPageRequest)
    } catch let error as AttachError {
      throw error
    } catch {
      throw InspectionError(error, consequence: "")
    }
    var failures: [String] = []
    let isTimeOver = watch.untilTheEnd(
      of: options.duration, onPageRequest: pipeline.requestPage,
      onArrival: {
        do throws(BPFError) { try pipeline.describeArrivals() } catch {
          failures = ["Who came in later could not be described: \(error)."]
        }
      }, isOver: { target.isOver })
    let time = Clock.boot()
    watch.letGo()
    return pipeline.finish {
      var end = SessionEnd(
        status: nil, time: time, losses: $0, events: $1, notes: options.notes + failures + $2)
      end.isTimeOver = isTimeOver
      return end
    }
  }

  /// Loads, attaches, marks, and describes who is there.
  private static func start(
    _ options: Options, _ target: borrowing AttachTarget, _ watch: borrowing Watch, _ session: SessionStart,
    _ sinks: [any EventSink], _ onPageRequest: @escaping PageRequest
  ) throws -> Pipeline {
    let outside = options.outside.flatMap { $0.calls ? $0 : nil }
    let subject = VariableTargets.Subject.processes(
      target.namedProcesses, path: EnvironmentBlock.ours["PATH"])
    let tracer = try Tracer.start(
      Tracer.Options(
        ringSize: options.ringSize, filter: session.filter, countsBytes: options.countsBytes,
        tellsEnvironment: options.tellsEnvironment,
        variables: try VariableTargets(options.variables, for: subject),
        functions: outside.map { _ in [] }, scope: target.scope))
    let pipeline = try Pipeline(
      tracer, sinks: sinks, queueLimit: options.queueLimit, allEnded: watch.allEnded, arrival: watch.arrival,
      allFailed: watch.allFailed, outside: outside)
    var session = session
    session.time = Clock.boot()
    session.bootTime = Clock.bootTime()
    try target.forEachProcess { pid, pidfd in
      do throws(BPFError) { try pipeline.choose(FileDescriptor(rawValue: pidfd)) } catch {
        throw error.errno == .noSuchProcess || error.errno == .noSuchFileOrDirectory
          ? AttachError.ended(pid) : error
      }
    }
    let met = try pipeline.markExisting()
    if met == 0, let pid = target.firstProcess {
      throw target.isAnybodyAlive ? AttachError.hidden(pid) : AttachError.ended(pid)
    }
    try pipeline.start(session, onPageRequest: onPageRequest)
    try pipeline.describeMarked()
    return pipeline
  }
}
