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
      The command has its own input, output, terminal, working directory and environment, and its exit code is passed \
      through: 128+N when signal N ended it, 127 when it was not found, 126 when it could not be run. Under sudo, doas \
      or pkexec it runs as the user who called them, with the environment that user has.

      The page is printed on standard error when the command has ended. Names that end in a "/" of a folder that holds \
      many are counted there; --full names each. Send USR1 to Honeyguide for the page so far.

      Exit codes of Honeyguide's own: 64 for a mistake in the options, 77 when inspection cannot start; then the command \
      was not started.
      """)

  @Option(help: ArgumentHelp("Write the page to a file.", valueName: "file"))
  var page: String?

  @Flag(name: .shortAndLong, help: "No page.")
  var quiet = false

  @Flag(help: "The whole page, however long: every process, file and connection.")
  var full = false

  @Flag(help: "Print events on standard error as they happen.")
  var live = false

  @Option(
    help: ArgumentHelp("Write every event as JSON Lines to a file; - for standard output.", valueName: "file")
  )
  var json: String?

  @Flag(help: "Use what the kernel alone can see: nothing is put into the program.")
  var noInject = false

  @Flag(help: "Keep the environment that sudo made, instead of the one the user has.")
  var sudoEnv = false

  @Option(help: ArgumentHelp("Run the command as this user.", valueName: "name"))
  var user: String?

  @Flag(help: "Run the command as root, with the environment that sudo made.")
  var asRoot = false

  @Flag(help: "Go on until everything that the command started has ended.")
  var waitAll = false

  @Option(help: ArgumentHelp("The room for events in the kernel, a power of two.", valueName: "size"))
  var ringSize = ByteSize(16 << 20)

  @Option(help: ArgumentHelp("How much may wait for a slow disk or pipe.", valueName: "size"))
  var buffer = ByteSize(256 << 20)

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("The command, and its arguments.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
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
    if quiet && page != nil { throw ValidationError("--quiet and --page cannot both be obeyed; give one.") }
    guard ringSize.bytes.nonzeroBitCount == 1, (4096...1 << 30).contains(ringSize.bytes) else {
      throw ValidationError("--ring-size must be a power of two from 4K to 1G, as in: --ring-size 64M")
    }
  }

  func run() throws {
    throw ExitCode(InspectedRun(self).run())
  }
}

/// A number of bytes, as people write it: 4096, 64K, 16M, 1G.
struct ByteSize: ExpressibleByArgument {
  let bytes: Int

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let shift = ["K": 10, "M": 20, "G": 30][argument.suffix(1).uppercased()]
    guard let number = Int(shift == nil ? argument[...] : argument.dropLast()), number > 0,
      number <= Int.max >> (shift ?? 0)
    else { return nil }
    bytes = number << (shift ?? 0)
  }

  var defaultValueDescription: String {
    for (letter, shift) in [("G", 30), ("M", 20), ("K", 10)] where bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(letter)"
    }
    return "\(bytes)"
  }
}
