// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// What processes pay that are not followed, while a tracer follows another one that does nothing.
struct UnfollowedSection {
  let plan: Plan
  /// Where loop.py and loop.sh are.
  let python, storms: String

  private enum Load: String, CaseIterable {
    case build
    case open
    case getppid
    case getenv
    case python
    case bash

    static let interpreter = "/usr/bin/python3", shell = "/bin/bash"

    var name: String { self == .python || self == .bash ? "\(rawValue) loop" : rawValue }

    /// Whether what it runs is on this machine.
    var isHere: Bool {
      switch self {
      case .python: unsafe access(Self.interpreter, X_OK) == 0
      case .bash: unsafe access(Self.shell, X_OK) == 0
      default: true
      }
    }

    /// Whether something is to be told of a tool by this load: bash's variables are watched by one tool alone.
    func isFor(_ tool: Tool) -> Bool {
      switch self {
      case .bash: tool == .nothing || tool == .honeyguide || tool == .honeyguideShells
      default: tool != .honeyguideShells
      }
    }

    func command(_ section: UnfollowedSection, _ workshop: borrowing Workshop) -> [String] {
      // The storm that runs a command and waits for it.
      let runs = [workshop.storm("build"), workshop.result, workshop.marker]
      return switch self {
      case .build: Storm.build.command(workshop, operations: 1)
      case .open: Storm.open.command(workshop, operations: 200_000)
      case .getppid: [workshop.storm("getppid"), workshop.result, "3000000"]
      case .getenv: [workshop.storm("getenv"), workshop.result, "500000"]
      case .python: runs + [Self.interpreter, "-I", "-B", "\(section.python)/loop.py", "1500000"]
      case .bash: runs + [Self.shell, "\(section.storms)/loop.sh", "100000"]
      }
    }
  }

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    let all = plan.tools.map(\.tool).filter {
      $0 == .nothing || $0.following(at: "", workshop) != nil
    }
    var rows = all.map { Row(tool: label($0)) }
    for load in Load.allCases where load.isHere {
      var series: [Tool: Series] = [:]
      let tools = all.filter(load.isFor)
      _ = try workshop.runAlone(load.command(self, workshop))
      for round in 0..<plan.pairs {
        for tool in plan.rotated(round, tools) where series[tool]?.failure == nil {
          progress("unfollowed \(load.rawValue): pair \(round + 1) of \(plan.pairs), \(tool.rawValue)")
          var next = series[tool] ?? Series()
          var failure: Failure?
          try attempt(&failure) { try pair(load, tool, first: round % 2 == 0, &next, workshop) }
          next.failure = failure
          series[tool] = next
        }
      }
      for (index, tool) in all.enumerated() where load.isFor(tool) {
        add(series[tool] ?? Series(), of: load, tool, to: &rows[index])
      }
    }
    return Section(
      name: "unfollowed", title: "Processes that are not followed, while another one is",
      explanation:
        "opensnoop and bpftrace are attached to the one process with their filter by pid. The Python loop and the "
        + "bash loop are scripts that only compute (loop.py, loop.sh), their start included.",
      rows: rows)
  }

  private func pair(
    _ load: Load, _ tool: Tool, first: Bool, _ series: inout Series, _ workshop: borrowing Workshop
  ) throws {
    let command = load.command(self, workshop)
    var alone: StormResult?
    if first { alone = try workshop.runAlone(command) }
    let beside: StormResult
    if let attachment = tool.following(at: plan.path(tool), workshop) {
      beside = try workshop.runWhileFollowing(attachment, command)
    } else {
      beside = try workshop.runAlone(command)
    }
    let other = try alone ?? workshop.runAlone(command)
    if load == .getppid || load == .getenv {
      series.cpu.append(beside.cpuPerOperation - other.cpuPerOperation)
    } else {
      series.cpu.append(beside.cpuPerOperation / other.cpuPerOperation)
      series.wall.append(beside.wallPerOperation / other.wallPerOperation)
    }
  }

  private func add(_ series: Series, of load: Load, _ tool: Tool, to row: inout Row) {
    if let failure = series.failure {
      plan.mark(&row, of: tool, "\(load.rawValue) ", notMeasured: failure)
      return
    }
    switch load {
    case .getppid:
      row.figures.append(Figure(name: "added to each call", unit: .nanoseconds, samples: series.cpu))
    case .getenv:
      row.figures.append(Figure(name: "added to each getenv", unit: .nanoseconds, samples: series.cpu))
    case .build, .open, .python, .bash:
      row.figures.append(Figure(name: "\(load.name), CPU", unit: .times, samples: series.cpu))
      row.figures.append(Figure(name: "\(load.name), wall", unit: .times, samples: series.wall))
    }
    if load == .build || load == .python, tool.isHoneyguide {
      let met = Spread(series.cpu).median <= 1.02 && Spread(series.wall).median <= 1.02
      row.marks.append(Mark(text: "\(load.name) at most 1.02x, both", met: met))
    }
  }
}

extension Workshop {
  /// Runs a storm while a tracer follows a process that does nothing; the storm must not be in its output.
  func runWhileFollowing(_ attachment: Attachment, _ command: [String]) throws -> StormResult {
    Files.remove(held)
    Files.remove(output)
    defer { Files.remove(output) }
    let hold = [storm("hold"), held, marker]
    let outcome: StormResult
    switch attachment.place {
    case .around:
      let complaint = try create(self.complaint)
      defer { try? complaint.close() }
      var tracer = try Child(attachment.command(pid: 0) + hold, output: complaint, error: complaint)
      try tracer.openGate()
      try waitForHeld(tracer.pid)
      outcome = try runAlone(command)
      tracer.closeInput()
      let ending = try tracer.wait(limit: 60)
      guard ending.succeeded else {
        throw Failure("\(attachment.arguments[0]) ended with \(ending.sentence)\(firstComplaint())")
      }
    case .beside:
      let nothing = try FileDescriptor.open(FilePath("/dev/null"), .writeOnly, options: [.closeOnExec])
      defer { try? nothing.close() }
      var held = try Child(hold, output: nothing)
      let tracer = try startBeside(attachment, pid: held.pid)
      try held.openGate()
      try waitForHeld(held.pid)
      outcome = try runAlone(command)
      held.closeInput()
      _ = try held.wait(limit: 60)
      _ = try endBeside(tracer, attachment)
    }
    let shown = try attachment.rule?.count(in: output) ?? 0
    guard shown == 0 else {
      throw Failure(
        "\(attachment.arguments[0]) shows \(shown.grouped) events of a process it does not follow")
    }
    return outcome
  }

  private func waitForHeld(_ pid: pid_t) throws {
    for _ in 0..<1500 {
      if Files.size(held) > 0 { return }
      if Files.hasEnded(pid) { break }
      try Signals.sleep(milliseconds: 20)
    }
    throw Failure("the process to be followed did not start\(firstComplaint())")
  }
}
