// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

internal import Glibc

/// A process that waits in a laboratory's directory until it is told to go (Tests/Programs/waits.c), and Honeyguide
/// attached to it.
public struct WaitingProgram {
  public let laboratory: Laboratory
  public let run: Command.Running
  public var pid: Int32 { run.pid }

  public init(_ laboratory: Laboratory, arguments: [String]) throws {
    self.laboratory = laboratory
    let program = try laboratory.program("waits")
    let go = laboratory.work.appending("go").string
    try laboratory.clean { _ in guard unsafe mkfifo(go, 0o600) == 0 else { throw Errno(rawValue: errno) } }
    run = try Command([program] + arguments, in: laboratory.work).start()
    let ready = laboratory.work.appending("ready")
    try eventually("the program waits") { Files.exists(ready) }
  }

  /// Its threads now, by /proc.
  public func threads() throws -> [Int32] {
    try Command(["/bin/ls", "/proc/\(pid)/task"], in: "/").succeed().outputText.split(separator: "\n")
      .compactMap {
        Int32($0)
      }
  }

  /// Lets it go on; it exits with 7.
  public func go() throws { try Files.write([10], to: laboratory.work.appending("go")) }
}

extension Laboratory {
  /// Starts `honeyguide attach`, and waits until it follows.
  public func attach(_ options: [String]) throws -> Command.Running {
    let file = root.appending("story.jsonl")
    try Files.remove(file)
    let run = try Command(
      [try Requirement.honeyguide(), "attach", "--quiet", "--json", file.string] + options, in: root
    ).start()
    // The first line is written before anybody is marked, the others after everybody is.
    try eventually("Honeyguide follows") {
      guard Files.exists(file) else { return false }
      return try Files.text(file).contains(#"{"event":"existing""#)
    }
    return run
  }

  /// Starts `strace -p`, and waits until it follows the threads that a process has; gives the log, too.
  public func trace(
    attachedTo pid: Int32, _ threads: [Int32]
  ) throws -> (run: Command.Running, log: FilePath) {
    let log = root.appending("strace.log")
    let run = try Command(
      [try Requirement.tool("strace", package: "strace")] + StraceLog.options
        + ["-e", "trace=" + StraceCallShape.traced, "-o", log.string, "-p", "\(pid)"], in: root
    ).start()
    try eventually("strace follows every thread") {
      try threads.allSatisfy { tid in
        // env(1) became strace: its pid is the one that was started.
        try Files.text(FilePath("/proc/\(pid)/task/\(tid)/status")).contains("TracerPid:\t\(run.pid)\n")
      }
    }
    return (run, log)
  }

  /// What it wrote.
  public func story() throws -> HoneyguideLines {
    try HoneyguideLines(try Files.read(root.appending("story.jsonl")))
  }
}

/// Waits until something is so; fails after ten seconds.
public func eventually(_ claim: String, _ isSo: () throws -> Bool) throws {
  for _ in 0..<500 {
    if try isSo() { return }
    usleep(20_000)
  }
  throw Command.Failure(description: "not within 10 seconds: \(claim)")
}

extension HoneyguideLines.Line {
  /// `flags` as open(2) takes them.
  public func flags() throws -> UInt64 {
    try OpenFlagNames.bits(json["flags"]?.array?.compactMap(\.string) ?? [])
  }
}
