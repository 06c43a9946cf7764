// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection
internal import Probes

struct AttachCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach",
    abstract: "Show what running processes do, from now on.",
    discussion: """
      Follows processes that run already; nothing is done to them, and they go on as before, whatever happens to \
      Honeyguide. What they were when it began (arguments, working directory, open files) is told first.

      It ends, and prints the page on standard error, on Ctrl-C (SIGINT, SIGTERM), or when --duration is over. With -p it ends \
      by itself when all these processes have ended, with -f also their children; with --cgroup when the control group has been \
      removed and all who were in it have ended, not while others may come in; and where nothing but a pipe was to be \
      written, when nobody reads that any more. Send USR1 to Honeyguide for the page so far.

        sudo honeyguide attach -p 1234 --duration 10s
        sudo honeyguide attach --cgroup system.slice/nginx.service --json events.jsonl
        sudo honeyguide attach -p 1234 --python calls --duration 10s

      Exit codes: 0 when the page was printed, 64 for a mistake in the options or a process that is not there, 77 \
      when inspection cannot start.

      Durations are in seconds, or with ms, s, m, h or d, and may have a fraction, as in 1.5s. Sizes are in bytes, or with K, M or G. Files are opened as the \
      user who called sudo, with the permissions that the umask leaves.

      Passwords, tokens and keys in arguments and variables are masked: *** stands for what looks like one by its \
      name or shape. With --show-secrets they are kept, and the first line of page and events says so.
      """)

  @Option(
    name: [.customShort("p"), .long],
    parsing: .singleValue,
    help: ArgumentHelp("These processes, by number, separated by commas.", valueName: "pid[,pid]"))
  var pid: [String] = []

  @Option(
    help: ArgumentHelp(
      "The processes in this control group (version 2) and below it, and those that come in later. From the root of control groups, or a path.",
      valueName: "path"))
  var cgroup: String?

  @Flag(help: "Every process of the machine, but Honeyguide.")
  var all = false

  @Flag(
    name: [.customShort("f"), .customLong("follow")],
    help: "With -p: their children, too; those that they have, and those to come.")
  var follow = false

  @OptionGroup
  var session: SessionOptions

  @OptionGroup(title: "Inside Python")
  var inside: PythonOptions

  @OptionGroup(title: "What is told")
  var filters: FilterOptions

  func validate() throws {
    let ways = [!pid.isEmpty, cgroup != nil, all].count { $0 }
    if ways == 0 { throw ValidationError("Say whom to follow: -p PID, --cgroup PATH, or --all.") }
    if ways > 1 { throw ValidationError("-p, --cgroup and --all cannot be combined; give one.") }
    if follow, pid.isEmpty {
      throw ValidationError("-f is for -p; children belong to --cgroup and --all anyway.")
    }
    _ = try pids()
    try session.check(try filters.filter())
    if cgroup == "" {
      throw ValidationError("--cgroup is empty; give a directory, as in: --cgroup system.slice")
    }
    try SessionOptions.refuseRepetition(of: SessionOptions.single + ["--cgroup", "--python"], in: words)
  }

  func pids() throws -> [Int32] {
    try pid.flatMap { try $0.split(separator: ",", omittingEmptySubsequences: false).map(Self.number) }
  }

  private static func number(_ word: Substring) throws -> Int32 {
    guard let pid = Int32(word), pid > 0, word.first != "+" else {
      throw ValidationError("-p '\(word)': a process has a number above 0; see ps -e")
    }
    return pid
  }

  /// Honeyguide's own options, as given.
  var words: ArraySlice<ByteString> { RawArguments.all.dropFirst(2) }

  func run() throws {
    throw ExitCode(AttachedRun(self).run())
  }
}
