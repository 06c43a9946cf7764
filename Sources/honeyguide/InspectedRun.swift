// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes
internal import Report

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
    let plan = try LaunchPlan(identityChoice, keepsGivenEnvironment: options.sudoEnv)
    let command = commandWords
    let start = SessionStart(
      version: Version.current, command: command, uid: plan.identity.uid, cwd: WorkingDirectory.current,
      home: plan.environment["HOME"], bootTime: 0, time: 0, options: options.words.map(\.text),
      filter: try options.filters.filter())

    // Opened before anything starts, so that a bad path fails early.
    let json = try options.json.map { try SharedOutput($0, as: plan.identity) }
    let hasPage = !options.quiet || options.page != nil
    let page = try hasPage ? PageSink(options, as: plan.identity) : nil
    if let json, let page, options.page != nil { try json.expectOther(than: page.output) }
    var sinks: [any EventSink] = []
    if options.live { sinks.append(try liveView()) }
    if let json { sinks.append(JSONLines(output: { try json.write($0) })) }
    if let page { sinks.append(page) }

    var run = Run.Options(command: command)
    run.ringSize = UInt32((options.ringSize ?? .ring).bytes)
    run.queueLimit = (options.buffer ?? .queue).bytes
    run.waitsForAll = options.waitAll
    run.countsBytes = options.bytes
    let end = try Run.run(
      run, plan: plan, signals: signals, session: start, sinks: sinks, onPageRequest: { page?.show() })
    tellWhatThePageDidNot(end.notes, page)
    return exitCode(end.status)
  }

  private func liveView() throws -> Live {
    let output = try SharedOutput.standardError()
    return Live(color: Terminal.standardError.hasColor, output: { try output.write($0) })
  }

  /// Notes stand on the page: where there is none, or none any more, they are told here.
  private func tellWhatThePageDidNot(_ notes: [String], _ page: PageSink?) {
    for note in notes where page?.notes.contains(note) != true { StandardError.say("honeyguide: \(note)") }
  }

  private var identityChoice: IdentityChoice {
    if options.asRoot { return .root }
    return options.user.map { .user(ByteString($0)) } ?? .invoking
  }

  /// The command's words as bytes: the parser's strings have lost what is not UTF-8.
  private var commandWords: [ByteString] {
    RawArguments.last(options.command.drop { $0 == "--" }.count)
  }

  /// As a shell gives it. A command that still runs was left by a second SIGTERM to Honeyguide.
  private func exitCode(_ status: Exit.Status?) -> Int32 {
    switch status {
    case .code(let code): code
    case .signal(let number, _): 128 + number
    case nil: 128 + SIGTERM
    }
  }

  private func fail(_ sentence: String, code: Int32) -> Int32 {
    StandardError.say("honeyguide: \(sentence)")
    return code
  }
}
