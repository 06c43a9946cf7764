// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes

/// What `honeyguide attach` does once its options are understood.
struct AttachedRun {
  private let options: AttachCommand

  init(_ options: AttachCommand) { self.options = options }

  /// Gives the exit code: 0, or 64, 77 with a sentence on standard error.
  func run() -> Int32 {
    do {
      try inspect()
      return 0
    } catch let error as LaunchError {
      return fail("\(error)", code: error.exitCode)
    } catch let error as AttachError {
      return fail("\(error)", code: 64)
    } catch let error as OutputError {
      return fail("\(error)", code: 64)
    } catch {
      return fail("\(error)", code: 77)
    }
  }

  private func inspect() throws {
    let signals = try SignalGuard()
    let plan = try LaunchPlan(.invoking)
    let target = try target()
    var start = SessionStart(
      version: Version.current, command: [], uid: plan.identity.uid, cwd: WorkingDirectory.current,
      home: plan.environment["HOME"], bootTime: 0, time: 0, options: options.words.map(\.text),
      filter: try options.filters.filter(), attached: target.attachment)
    start.showsSecrets = options.session.showSecrets
    let outputs = try SessionOutputs(options.session, as: plan.identity)

    var run = Attach.Options()
    run.ringSize = UInt32((options.session.ringSize ?? .ring).bytes)
    run.queueLimit = (options.session.buffer ?? .queue).bytes
    run.countsBytes = options.session.bytes
    run.tellsEnvironment = options.session.execEnv
    // Only what was said: it costs every process that runs the same interpreter.
    run.outside =
      options.inside.python == nil
      ? nil : options.inside.options(noEnv: options.session.noEnv, filter: start.filter)
    run.variables = options.session.variables(start.filter)
    run.notes =
      Unanswered(session: options.session, python: options.inside, filter: start.filter, canInject: false)
      .sentences
    run.duration = options.session.duration?.nanoseconds
    let end = try Attach.run(
      run, target: target, signals: signals, session: start, sinks: outputs.sinks,
      onPageRequest: { outputs.showPage(with: $0) })
    outputs.tellWhatThePageDidNot(end.notes)
  }

  private func target() throws -> AttachTarget {
    if options.all { return .all }
    if let path = options.cgroup { return try .cgroup(ByteString(path)) }
    return try .processes(try options.pids(), withChildren: options.follow)
  }

  private func fail(_ sentence: String, code: Int32) -> Int32 {
    StandardError.say("honeyguide: \(sentence)")
    return code
  }
}
