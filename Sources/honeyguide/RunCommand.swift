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

      The page is printed on standard error when the command has ended. Send USR1 to Honeyguide for the page so far.

      Exit codes of Honeyguide's own: 64 for a mistake in the options, 77 when inspection cannot start; then the \
      command was not started.

      Sizes are in bytes, or with K, M or G in units of 1024, 1024 squared or 1024 cubed bytes. Files are opened as \
      the user the command runs as, with the permissions that the umask leaves: arguments of commands stand in \
      them, passwords too.
      """)

  @Option(
    help: ArgumentHelp(
      "Write the page to a file instead of standard error; - for standard output.", valueName: "file"))
  var page: String?

  @Flag(name: .shortAndLong, help: "No page on standard error.")
  var quiet = false

  @Flag(help: "The whole page, however long: every process, file and connection.")
  var full = false

  @Flag(help: "Print events on standard error as they happen.")
  var live = false

  @Option(
    help: ArgumentHelp("Write every event as JSON Lines to a file; - for standard output.", valueName: "file")
  )
  var json: String?

  @Flag(help: "Use what the kernel alone can see (this version never puts anything into the program).")
  var noInject = false

  @Flag(help: "Keep the environment that sudo made, instead of the one the user has.")
  var sudoEnv = false

  @Option(help: ArgumentHelp("Run the command as this user.", valueName: "name"))
  var user: String?

  @Flag(help: "Run the command as root, with the environment that sudo made.")
  var asRoot = false

  @Flag(help: "Go on until everything that the command started has ended.")
  var waitAll = false

  @Flag(
    help: "Count the bytes that each process reads from and writes to each file (not those of mapped memory)."
  )
  var bytes = false

  @Option(
    help: ArgumentHelp(
      "The room for events in the kernel: a power of two from 4K to 1G, 16M unless given.", valueName: "size")
  )
  var ringSize: ByteSize?

  @Option(
    help: ArgumentHelp(
      "How much may wait for a slow disk or pipe: from 1M to 64G, 256M unless given.", valueName: "size"))
  var buffer: ByteSize?

  @OptionGroup(title: "What is told")
  var filters: FilterOptions

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The command, and its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    try answer(command.first)
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
    try refuseRepetition()
    if let bytes = ringSize?.bytes, bytes.nonzeroBitCount != 1 || !(4 << 10...1 << 30).contains(bytes) {
      throw ValidationError("--ring-size must be a power of two from 4K to 1G, as in: --ring-size 64M")
    }
    if let bytes = buffer?.bytes, !(1 << 20...64 << 30).contains(bytes) {
      throw ValidationError("--buffer must be from 1M to 64G, as in: --buffer 512M")
    }
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

  /// The parser would take the last of them, and leave out the others without a word.
  private func refuseRepetition() throws {
    for option in ["--page", "--json", "--user", "--ring-size", "--buffer", "--only"] {
      let count = words.count { $0.text == option || $0.text.hasPrefix(option + "=") }
      if count > 1 { throw ValidationError("\(option) is given \(count) times; give it once.") }
    }
  }

  /// The words between `run` and the command, without the `--`.
  var words: ArraySlice<ByteString> { RawArguments.all.dropFirst(2).dropLast(command.count) }

  func run() throws {
    throw ExitCode(InspectedRun(self).run())
  }
}

/// A number of bytes, as people write it: 4096, 64K, 16M, 1G.
struct ByteSize: ExpressibleByArgument {
  let bytes: Int

  /// What `--ring-size` and `--buffer` are unless given.
  static let ring = ByteSize(16 << 20)
  static let queue = ByteSize(256 << 20)

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let shift = ["K": 10, "M": 20, "G": 30][argument.suffix(1).uppercased()]
    let digits = shift == nil ? argument[...] : argument.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    // What is too large to be counted is too large for every option.
    let number = min(Int(digits) ?? .max, .max >> (shift ?? 0))
    bytes = number << (shift ?? 0)
  }
}
