// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes

/// What `honeyguide run` does once its options are understood.
struct InspectedRun {
  private let options: RunCommand

  init(_ options: RunCommand) { self.options = options }

  /// Gives Honeyguide's exit code: the command's own, or 64, 77, 126, 127 with a sentence on standard error.
  func run() -> Int32 {
    do {
      return try inspect()
    } catch let error as LaunchError {
      return fail("\(error)", code: error.exitCode)
    } catch let error as OutputError {
      return fail("\(error)", code: 64)
    } catch {
      return fail("\(error)", code: 77)
    }
  }

  private func inspect() throws -> Int32 {
    let signals = try SignalGuard()
    var plan = try LaunchPlan(identityChoice, keepsGivenEnvironment: options.sudoEnv)
    let command = commandWords
    var start = SessionStart(
      version: Version.current, command: command, uid: plan.identity.uid, cwd: WorkingDirectory.current,
      home: plan.environment["HOME"], bootTime: 0, time: 0, options: options.words.map(\.text),
      filter: try options.filters.filter())
    start.showsSecrets = options.session.showSecrets

    // Opened before anything starts, so that a bad path fails early.
    let outputs = try SessionOutputs(options.session, as: plan.identity)

    var run = Run.Options(command: command)
    run.ringSize = UInt32((options.session.ringSize ?? .ring).bytes)
    run.queueLimit = (options.session.buffer ?? .queue).bytes
    run.duration = options.session.duration?.nanoseconds
    run.waitsForAll = options.waitAll
    run.countsBytes = options.session.bytes
    run.tellsEnvironment = options.session.execEnv
    let asked = options.inside.options(noEnv: options.session.noEnv, filter: start.filter)
    run.inside = options.session.noInject ? nil : asked
    // Of interpreters where nothing is put into any process: only what was said.
    run.outside = options.session.noInject && options.inside.python != nil ? asked : nil
    run.variables = options.session.variables(start.filter)
    plan.notes +=
      Unanswered(session: options.session, python: options.inside, filter: start.filter, canInject: true)
      .sentences
    let end = try Run.run(
      run, plan: plan, signals: signals, session: start, sinks: outputs.sinks,
      onPageRequest: { outputs.showPage(with: $0) })
    outputs.tellWhatThePageDidNot(end.notes)
    return exitCode(end)
  }

  private var identityChoice: IdentityChoice {
    if options.asRoot { return .root }
    return options.user.map { .user(ByteString($0)) } ?? .invoking
  }

  /// The command's words as bytes: the parser's strings have lost what is not UTF-8.
  private var commandWords: [ByteString] {
    RawArguments.last(options.command.drop { $0 == "--" }.count)
  }

  /// As a shell gives it. A command that still runs was left by a second SIGTERM to Honeyguide, or when the time for
  /// inspection was over: then what timeout(1) gives.
  private func exitCode(_ end: SessionEnd) -> Int32 {
    switch end.status {
    case .code(let code): code
    case .signal(let number, _): 128 + number
    case nil: end.isTimeOver ? 124 : 128 + SIGTERM
    }
  }

  private func fail(_ sentence: String, code: Int32) -> Int32 {
    StandardError.say("honeyguide: \(sentence)")
    return code
  }
}
