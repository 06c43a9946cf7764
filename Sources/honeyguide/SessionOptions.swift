// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection
internal import Probes

/// What all commands that inspect have in common: what is written where, and how much room there is.
struct SessionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write the page to a file instead of standard error; - for standard output.", valueName: "file"))
  var page: String?

  @Flag(name: .shortAndLong, help: "No page on standard error.")
  var quiet = false

  @Flag(help: "The whole page, however long: every process, file and connection.")
  var full = false

  @Flag(help: "No line on the terminal that tells how far a long inspection has come.")
  var noProgress = false

  @Flag(help: "Print events on standard error as they happen.")
  var live = false

  @Option(
    help: ArgumentHelp("Write every event as JSON Lines to a file; - for standard output.", valueName: "file")
  )
  var json: String?

  @Flag(
    help:
      "Show passwords, tokens and keys; unless given, *** stands for them in arguments and variables."
  )
  var showSecrets = false

  @Flag(
    name: [.customLong("no-inject"), .customLong("no-injection")],
    help: "Use what the kernel alone can see: nothing is put into any process.")
  var noInject = false

  @Flag(
    help: "Count the bytes that each process reads from and writes to each file (not those of mapped memory)."
  )
  var bytes = false

  @Flag(
    help:
      "No look-ups in the environment. Unless given, every program of the machine pays some 1.5 us for each getenv meanwhile."
  )
  var noEnv = false

  @Flag(
    help:
      "Tell as well what bash looks up among its variables. Meanwhile each look-up of every bash of the machine takes up to 5 us longer: scripts that do little else take 5 to 25 times as long."
  )
  var bashVars = false

  @Flag(
    help:
      "Tell in the events, and on the full page, which variables each exec adds to the environment, changes, or removes."
  )
  var execEnv = false

  @Option(
    help: ArgumentHelp(
      "End the inspection after this time, and print the page; what was inspected goes on.", valueName: "time"
    ), transform: Duration.init(parsing:))
  var duration: Duration?

  @Option(
    help: ArgumentHelp(
      "List this many of Python's functions on the page, which is longer for that.", valueName: "number"))
  var top: Int?

  @Option(
    help: ArgumentHelp(
      "List Python's functions by total time, by self time (without the functions of Python that they call), or by calls; unless given by self and by total time.",
      valueName: "total|self|calls"))
  var sort: FunctionOrder?

  @Option(
    help: ArgumentHelp(
      "The room for events in the kernel: a power of two from 4K to 1G, 16M unless given.", valueName: "size")
  )
  var ringSize: ByteSize?

  @Option(
    help: ArgumentHelp(
      "How much may wait for a slow disk or pipe: from 1M to 64G, 256M unless given.", valueName: "size"))
  var buffer: ByteSize?

  /// Which look-ups of variables the kernel is to watch.
  func variables(_ filter: Filter) -> VariableOptions {
    VariableOptions(library: !noEnv && filter.has(.env), bash: bashVars)
  }

  /// What would be left out must not be asked for.
  func check(_ filter: Filter) throws {
    if bashVars, noEnv {
      throw ValidationError(
        "--bash-vars asks for look-ups, and --no-env leaves them out; give one of the two.")
    }
    if bashVars, !filter.has(.env) {
      throw ValidationError(
        "--bash-vars asks for look-ups, which --only leaves out; add env to it, as in: --only env")
    }
    if execEnv, !filter.has(.exec) {
      throw ValidationError(
        "--exec-env tells with each exec, which --only leaves out; add exec to it, as in: --only exec")
    }
  }

  func validate() throws {
    if let bytes = ringSize?.bytes, bytes.nonzeroBitCount != 1 || !(4 << 10...1 << 30).contains(bytes) {
      throw ValidationError("--ring-size must be a power of two from 4K to 1G, as in: --ring-size 64M")
    }
    if let bytes = buffer?.bytes, !(1 << 20...64 << 30).contains(bytes) {
      throw ValidationError("--buffer must be from 1M to 64G, as in: --buffer 512M")
    }
    if let top, top < 1 { throw ValidationError("--top must be a number from 1 on, as in: --top 20") }
  }

  /// Those of these options that are given once.
  static let single = [
    "--page", "--json", "--ring-size", "--buffer", "--only", "--duration", "--top", "--sort",
  ]

  /// The parser would take the last of them, and leave out the others without a word.
  static func refuseRepetition(of options: [String], in words: some Sequence<ByteString>) throws {
    let words = words.map(\.text)
    for option in options {
      let count = words.count { $0 == option || $0.hasPrefix(option + "=") }
      if count > 1 { throw ValidationError("\(option) is given \(count) times; give it once.") }
    }
  }
}
