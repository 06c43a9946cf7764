// SPDX-License-Identifier: Apache-2.0

/// A storm under each tool, as ratios to the untraced run beside it.
struct StormSection {
  let storm: Storm
  let plan: Plan

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    let tools = plan.tools.map(\.tool).filter {
      $0 == .nothing || $0.attachment(to: storm, at: "", workshop) != nil
    }
    var series: [Tool: Series] = [:]
    let alone = storm.command(workshop, operations: storm.operations)
    // Once untimed: files, negative directory entries and the compiler come into the kernel's caches.
    _ = try workshop.runAlone(alone)
    for round in 0..<plan.pairs {
      for tool in plan.rotated(round, tools) where series[tool]?.failure == nil {
        progress("\(storm.rawValue): pair \(round + 1) of \(plan.pairs), \(tool.rawValue)")
        var next = series[tool] ?? Series()
        var failure: Failure?
        try attempt(&failure) { try pair(tool, first: round % 2 == 0, alone, &next, workshop) }
        next.failure = failure
        series[tool] = next
      }
    }
    return Section(
      name: storm.rawValue, title: storm.title,
      explanation: "Times are the storm's own, by its own clocks, per call, as a ratio to the untraced run "
        + "of the same pair: median (least..greatest) of \(plan.pairs) pairs.",
      rows: tools.map { row($0, series[$0] ?? Series()) } + plan.missing.map(plan.missingRow))
  }

  private func pair(
    _ tool: Tool, first: Bool, _ alone: [String], _ series: inout Series, _ workshop: borrowing Workshop
  ) throws {
    var untraced: StormResult?
    if first { untraced = try workshop.runAlone(alone) }
    let traced: StormResult
    if let attachment = tool.attachment(to: storm, at: plan.path(tool), workshop) {
      let run = try workshop.run(storm, operations: tool.operations(of: storm), under: tool, attachment)
      series.loss.add(run)
      series.tracer.append(Double(run.tracerCPUNanoseconds) / 1e9)
      traced = run.storm
    } else {
      traced = try workshop.runAlone(alone)
    }
    let other = try untraced ?? workshop.runAlone(alone)
    series.cpu.append(traced.cpuPerOperation / other.cpuPerOperation)
    series.wall.append(traced.wallPerOperation / other.wallPerOperation)
    series.added.append((traced.cpuPerOperation - other.cpuPerOperation) / 1000)
  }

  private func row(_ tool: Tool, _ series: Series) -> Row {
    var row = Row(tool: label(tool))
    if let failure = series.failure {
      plan.mark(&row, of: tool, notMeasured: failure)
      return row
    }
    row.figures = [
      Figure(name: "storm's CPU", unit: .times, samples: series.cpu),
      Figure(name: "storm's wall time", unit: .times, samples: series.wall),
    ]
    if !series.tracer.isEmpty {
      row.figures.append(Figure(name: "tool's own CPU", unit: .seconds, samples: series.tracer))
      row.loss = series.loss
    }
    if storm == .exec {
      row.figures.append(Figure(name: "CPU added to each", unit: .microseconds, samples: series.added))
    }
    if tool.isHoneyguide { row.marks = marks(tool, series) }
    let operations = tool.operations(of: storm)
    if operations != storm.operations { row.note = "\(operations.grouped) calls, compared per call" }
    return row
  }

  private func marks(_ tool: Tool, _ series: Series) -> [Mark] {
    let limit: Double
    switch storm {
    case .open: limit = 1.5
    case .exec: limit = 1.05
    case .connect: limit = 1.15
    default: return []
    }
    let met = Spread(series.cpu).median <= limit && Spread(series.wall).median <= limit
    var marks = [Mark(text: "at most \(limit.decimal(2))x, both", met: met)]
    // With the agent a program has one library more to load, and its getenv is watched.
    if storm == .exec && tool != .honeyguideOutside {
      marks.append(Mark(text: "at most 60 us more", met: Spread(series.added).median <= 60))
    }
    if series.loss.comparable { marks.append(Mark(text: "0 lost", met: series.loss.isNothing)) }
    return marks
  }
}

func label(_ tool: Tool) -> String {
  switch tool {
  case .nothing: "none, once more"
  case .honeyguide: "honeyguide --json"
  case .honeyguidePage: "honeyguide, page only"
  case .honeyguideOutside: "honeyguide --no-inject --no-env"
  case .honeyguideAgent: "honeyguide --no-env"
  case .honeyguideShells: "honeyguide --bash-vars"
  case .honeyguidePath: "honeyguide --path !FILE"
  case .honeyguideComm: "honeyguide --comm OTHER"
  case .honeyguideOnly: "honeyguide --only exec,net"
  case .strace: "strace -f"
  case .straceSeccomp: "strace -f --seccomp-bpf"
  default: tool.rawValue
  }
}
