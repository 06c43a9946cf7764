// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// From asking for the tool to the command's first instruction, and what a whole run of `true` costs.
struct StartSection {
  let plan: Plan

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    let tools = plan.tools.map(\.tool).filter { $0 == .nothing || prefix($0, workshop) != nil }
    var rows: [Row] = []
    var first: [Tool: [Double]] = [:]
    var whole: [Tool: [Double]] = [:]
    var processor: [Tool: [Double]] = [:]
    var failures: [Tool: Failure] = [:]
    for round in 0..<plan.pairs {
      for tool in plan.rotated(round, tools) where failures[tool] == nil {
        progress("start: pair \(round + 1) of \(plan.pairs), \(tool.rawValue)")
        try attempt(&failures[tool]) {
          let before = prefix(tool, workshop) ?? []
          first[tool, default: []].append(try firstInstruction(before, workshop))
          var alone: (wall: Double, cpu: Double)?
          if round % 2 == 0 { alone = try wholeRun([], workshop) }
          let traced = try wholeRun(before, workshop)
          let other = try alone?.wall ?? wholeRun([], workshop).wall
          whole[tool, default: []].append(traced.wall - other)
          processor[tool, default: []].append(traced.cpu)
        }
      }
    }
    for tool in tools {
      var row = Row(tool: tool == .honeyguide ? "honeyguide run --quiet" : label(tool))
      if let failure = failures[tool] {
        plan.mark(&row, of: tool, notMeasured: failure)
      } else if let first = first[tool], let whole = whole[tool], let cpu = processor[tool] {
        row.figures = [
          Figure(name: "to the first instruction", unit: .milliseconds, samples: first),
          Figure(name: "whole run of true, more than true", unit: .milliseconds, samples: whole),
          Figure(name: "CPU of that run, with true's", unit: .milliseconds, samples: cpu),
        ]
        if tool.isHoneyguide {
          row.marks = [
            Mark(text: "first instruction at most 60 ms", met: Spread(first).median <= 60),
            Mark(text: "true at most 100 ms more", met: Spread(whole).median <= 100),
          ]
        }
      }
      rows.append(row)
    }
    return Section(
      name: "start", title: "Start",
      explanation: "The first instruction is that of a static program without a C library's start, which "
        + "prints CLOCK_MONOTONIC; counted from just before the tool is started.",
      rows: rows + plan.missing.filter { $0 == .honeyguide }.map(plan.missingRow))
  }

  /// What stands before the command; nil where a tool starts no command or is the same as another.
  private func prefix(_ tool: Tool, _ workshop: borrowing Workshop) -> [String]? {
    let path = plan.path(tool)
    return switch tool {
    case .honeyguide: [path, "run", "--quiet", "--"]
    case .honeyguideOutside: [path, "run", "--quiet", "--no-inject", "--no-env", "--"]
    case .strace: [path, "-f", "-o", "/dev/null"]
    default: nil
    }
  }

  private func firstInstruction(_ before: [String], _ workshop: borrowing Workshop) throws -> Double {
    let file = try workshop.create(workshop.output)
    defer { try? file.close() }
    let complaint = try workshop.create(workshop.complaint)
    defer { try? complaint.close() }
    let child = try Child(before + [workshop.storm("first")], output: file, error: complaint)
    let started = child.started
    let ending = try child.wait(limit: 60)
    guard ending.succeeded else {
      throw Failure("the run ended with \(ending.sentence)\(workshop.firstComplaint())")
    }
    // A struct timespec: two longs.
    let reader = try FileDescriptor.open(FilePath(workshop.output), .readOnly, options: [.closeOnExec])
    defer { try? reader.close() }
    var time = [0, 0]
    let count = try unsafe time.withUnsafeMutableBytes { try unsafe reader.read(into: $0) }
    guard count == 16 else { throw Failure("the command did not say when it began") }
    return Double(time[0] * 1_000_000_000 + time[1] - started) / 1e6
  }

  private func wholeRun(_ before: [String], _ workshop: borrowing Workshop) throws
    -> (wall: Double, cpu: Double)
  {
    let complaint = try workshop.create(workshop.complaint)
    defer { try? complaint.close() }
    let child = try Child(before + ["/bin/true"], output: complaint, error: complaint)
    let started = child.started
    let ending = try child.wait(limit: 60)
    let time = Double(Clock.monotonic() - started) / 1e6
    guard ending.succeeded else {
      throw Failure("the run of true ended with \(ending.sentence)\(workshop.firstComplaint())")
    }
    return (time, Double(ending.cpuNanoseconds) / 1e6)
  }
}
