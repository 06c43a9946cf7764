// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

/// A directory of a test's own, with the programs it needs.
public struct Laboratory: Sendable {
  /// Removed by ``close()``.
  public let root: FilePath
  /// Where commands run: made anew for each, always at the same path.
  public var work: FilePath { root.appending("work") }

  public init() throws { root = try Files.makeTemporaryDirectory() }

  public func close() { _ = try? Files.remove(root) }

  /// Compiles Tests/Programs/`name`.c; gives the path of the program. Of a 32-bit one the name ends with 32.
  public func program(_ name: String, is32Bit: Bool = false, flags: [String] = []) throws -> String {
    let compiler = try Requirement.tool("cc", package: "gcc")
    if is32Bit { try Requirement.file("/usr/lib32/libc.so.6", package: "gcc-multilib") }
    let file = name.split(separator: "/").last.map(String.init) ?? name
    let path = root.appending(is32Bit ? file + "32" : file).string
    let source = Requirement.repository.appending("Tests/Programs/\(name).c").string
    // What these programs do wrong, they do on purpose.
    let warnings = [
      "-Wall", "-Wextra", "-Werror", "-Wno-unused-result", "-Wno-nonnull", "-Wno-stringop-overread",
    ]
    let mode = is32Bit ? ["-m32"] : []
    try Command([compiler, "-O1", "-pthread"] + mode + warnings + ["-o", path, source] + flags, in: root)
      .succeed()
    return path
  }

  /// Makes the working directory anew.
  public func clean(_ prepare: (FilePath) throws -> Void = { _ in }) throws {
    try Files.remove(work)
    try Files.makeDirectory(work)
    try prepare(work)
  }

  /// Runs a command in the working directory under Honeyguide: without the agent, where another witness runs it without,
  /// and with it where nothing but ``injecting`` differs from running alone.
  public func inspect(
    _ command: Command, through wrapper: [String] = [], options: [String] = [],
    mayLose reasons: Set<String> = [], injecting: Bool = false
  ) throws -> (outcome: Command.Outcome, story: HoneyguideLines) {
    let file = root.appending("story.jsonl")
    var inspected = command
    inspected.arguments =
      wrapper + [try Requirement.honeyguide(), "run", "--json", file.string, "--quiet"]
      + (injecting ? [] : ["--no-inject"]) + options + ["--"]
      + command.arguments
    let outcome = try inspected.run()
    guard Files.exists(file) else {
      throw Command.Failure(description: "Honeyguide wrote nothing, but said: \(outcome.errorText)")
    }
    return (outcome, try HoneyguideLines(try Files.read(file), mayLose: reasons))
  }

  /// Runs a command in the working directory under strace.
  public func trace(
    _ command: Command, through wrapper: [String] = []
  ) throws -> (outcome: Command.Outcome, observations: Observations) {
    let file = root.appending("strace.log")
    var traced = command
    traced.arguments =
      wrapper + [try Requirement.tool("strace", package: "strace")] + StraceLog.options
      + ["-e", "trace=" + StraceCallShape.traced, "-o", file.string, "--"] + command.arguments
    let outcome = try traced.run()
    let log = try StraceLog(try Files.read(file))
    return (outcome, try StraceWitness(log, directory: Bytes(command.directory.string)).observations)
  }
}
