// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// One run of a storm under a tracer, seen from outside.
struct TracedRun {
  let storm: StormResult
  /// What the tracer itself used.
  let tracerCPUNanoseconds: Int
  /// How many events were in the storm, how many of them the tracer's output shows: nil if not comparable.
  let truth: Int?
  let seen: Int?
  /// What the tracer says it lost, where it says so.
  let claimed: Int?
}

extension Workshop {
  /// Runs a storm alone.
  func runAlone(_ command: [String]) throws -> StormResult {
    Files.remove(result)
    let complaint = try create(stormComplaint)
    defer { try? complaint.close() }
    var storm = try Child(command, output: complaint, error: complaint)
    try storm.openGate()
    storm.closeInput()
    let ending = try storm.wait()
    guard ending.succeeded else {
      throw Failure("the storm ended with \(ending.sentence)\(firstComplaint(in: stormComplaint))")
    }
    return try StormResult(readingFrom: result)
  }

  /// Runs a storm under a tracer, to the end of both.
  func run(_ storm: Storm, operations: Int, under tool: Tool, _ attachment: Attachment) throws -> TracedRun {
    Files.remove(result)
    Files.remove(output)
    defer { Files.remove(output) }
    let command = storm.command(self, operations: operations)
    let tracer =
      switch attachment.place {
      case .around: try runAround(command, attachment)
      case .beside: try runBeside(command, attachment)
      }
    let outcome = try StormResult(readingFrom: result)
    var truth: Int?
    if let rule = attachment.rule {
      truth =
        attachment.leavesOut
        ? 0
        : rule.distinct == nil ? storm.events(operations: operations) : storm.distinct(operations: operations)
    }
    return TracedRun(
      storm: outcome,
      // The kernel charges a tracer that started the storm with the storm too.
      tracerCPUNanoseconds: tracer.cpuNanoseconds
        - (attachment.place == .around ? outcome.totalCPUNanoseconds : 0),
      truth: truth, seen: try attachment.rule?.count(in: output),
      claimed: tool == .honeyguide || attachment.leavesOut ? try Summary(ofJSONLines: output).lost : nil)
  }

  private func runAround(_ command: [String], _ attachment: Attachment) throws -> Ending {
    let complaint = try create(self.complaint)
    defer { try? complaint.close() }
    var tracer = try Child(attachment.command(pid: 0) + command, output: complaint, error: complaint)
    try tracer.openGate()
    tracer.closeInput()
    let ending = try tracer.wait()
    guard ending.succeeded else {
      throw Failure("\(attachment.arguments[0]) ended with \(ending.sentence)\(firstComplaint())")
    }
    return ending
  }

  private func runBeside(_ command: [String], _ attachment: Attachment) throws -> Ending {
    let nothing = try FileDescriptor.open(FilePath("/dev/null"), .writeOnly, options: [.closeOnExec])
    defer { try? nothing.close() }
    var storm = try Child(command, output: nothing)
    let tracer = try startBeside(attachment, pid: storm.pid)
    try storm.openGate()
    storm.closeInput()
    let ending = try storm.wait()
    guard ending.succeeded else { throw Failure("the storm ended with \(ending.sentence)") }
    return try endBeside(tracer, attachment)
  }

  /// Starts a tracer and waits until its output shows a marker of the waiting process.
  func startBeside(_ attachment: Attachment, pid: pid_t) throws -> Child {
    let file = try create(output)
    defer { try? file.close() }
    let complaint = try create(self.complaint)
    defer { try? complaint.close() }
    let arguments = attachment.command(pid: pid)
    let preload = attachment.raisesMemoryLock && !Machine.mayRaiseMemoryLock() ? unlimitedMemory : nil
    let tracer = try Child(arguments, output: file, error: complaint, preload: preload)
    let marked = LineRule(needles: [marker])
    for _ in 0..<600 {
      try Signals.sleep(milliseconds: 50)
      if try marked.count(in: output) > 0 { return tracer }
      if kill(tracer.pid, 0) != 0 || Files.hasEnded(tracer.pid) { break }
    }
    throw Failure("\(arguments[0]) did not show what it was attached to\(firstComplaint())")
  }

  /// Ends a tracer as its user would, once its output grows no more.
  func endBeside(_ tracer: consuming Child, _ attachment: Attachment) throws -> Ending {
    var last = -1
    while case let size = Files.size(output), size != last {
      last = size
      try Signals.sleep(milliseconds: 300)
    }
    tracer.signal(SIGINT)
    return try tracer.wait(limit: 60)
  }
}

/// The last line of Honeyguide's JSON Lines.
struct Summary {
  let lost: Int

  init(ofJSONLines path: String) throws {
    let last = Files.tail(path, limit: 65536)?.split(separator: "\n").last ?? ""
    guard last.contains("\"event\":\"summary\""), let place = last.firstRange(of: "\"lost\":"),
      let lost = Int(last[place.upperBound...].prefix { $0.isNumber })
    else { throw Failure("Honeyguide's JSON Lines do not end with a summary that says what was lost") }
    self.lost = lost
  }
}
