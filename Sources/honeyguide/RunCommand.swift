// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection
internal import Probes
internal import Report
internal import SystemPackage

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run a command and show what it did.",
    discussion: """
      The command has its own input, output, terminal, working directory and environment, and its exit code is \
      passed through: 128+N when signal N ended it, 127 when it was not found, 126 when it could not be run. Under \
      sudo, doas or pkexec it runs as the user who called them, with the environment that user has.

      The page is printed on standard error when the command has ended. Send USR1 to Honeyguide for the page so far. \
      TERM, HUP and USR2 are passed on to the command. A second TERM ends Honeyguide (143), and the command goes on; one that comes \
      within a second of the first is no second one, since timeout and service managers send two.

      Exit codes of Honeyguide's own: 64 for a mistake in the options, 77 when inspection cannot start; then the \
      command was not started.

      With --duration the page is printed when the time is over. The command goes on, and Honeyguide exits with 124, \
      as timeout(1) does; when the command ends before, with its code.

      Durations are in seconds, or with ms, s, m, h or d, and may have a fraction, as in 1.5s. Sizes are in bytes, or with K, M or G in units of 1024, 1024 squared or 1024 cubed bytes. Files are opened as \
      the user the command runs as, with the permissions that the umask leaves.

      Passwords, tokens and keys in arguments and variables are masked: *** stands for what looks like one by its \
      name or shape. With --show-secrets they are kept, and the first line of page and events says so.
      """)

  @OptionGroup
  var session: SessionOptions

  @Flag(help: "Keep the environment that sudo made, instead of the one the user has.")
  var sudoEnv = false

  @Option(help: ArgumentHelp("Run the command as this user.", valueName: "name"))
  var user: String?

  @Flag(help: "Run the command as root, with the environment that sudo made.")
  var asRoot = false

  @Flag(help: "Go on until everything that the command started has ended.")
  var waitAll = false

  @OptionGroup(title: "Inside Python")
  var inside: PythonOptions

  @OptionGroup(title: "What is told")
  var filters: FilterOptions

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The command, and its arguments.", valueName: "command"))
  var firstWords: [String] = []

  /// With the `--` before it, where one was given.
  var command: [String] { firstWords + GivenWords.ofThisProcess.heldBack }

  func validate() throws {
    try answer(firstWords.first)
    let command = command
    guard let first = command.drop(while: { $0 == "--" }).first else {
      throw ValidationError("There is no command to run; give it behind --, as in: honeyguide run -- ls -l")
    }
    if command.first != "--", first.hasPrefix("-") {
      throw ValidationError("There is no option '\(first)'; see honeyguide help run.")
    }
    if asRoot && user != nil {
      throw ValidationError("--as-root and --user cannot both be obeyed; give one.")
    }
    if asRoot && sudoEnv {
      throw ValidationError("--as-root already keeps sudo's environment; leave out --sudo-env.")
    }
    try session.check(try filters.filter())
    try SessionOptions.refuseRepetition(of: SessionOptions.single + ["--user", "--python"], in: words)
  }

  /// What the parser answers by itself in other commands; here it takes any word it does not know, and all that
  /// follow, for the command.
  private func answer(_ word: String?) throws {
    switch word {
    case "--help", "-h": throw CleanExit.helpRequest(RunCommand.self)
    case "--version": throw CleanExit.message(Version.current)
    default: return
    }
  }

  /// The words between `run` and the command, without the `--`.
  var words: ArraySlice<ByteString> { RawArguments.all.dropFirst(2).dropLast(command.count) }

  func run() throws {
    throw ExitCode(InspectedRun(self).run())
  }
}
