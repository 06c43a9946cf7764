// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import SystemPackage

@main
struct HoneyguideBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "honeyguide-bench",
    abstract: "Measures what Honeyguide and other tracers cost the programs they look at.",
    discussion: """
      Everything is measured from outside, by the storms' own clocks and the kernel's accounting, each run \
      beside an untraced one. HONEYGUIDE_BINARY names the honeyguide to measure, otherwise \
      .build/release/honeyguide. Needs root. The exit code is 0 unless something could not be measured; a \
      missed mark is said in the table and is no failure.
      """)

  @Option(help: "How many pairs of an untraced and a traced run.")
  var pairs = 15

  @Option(
    name: .customLong("only"), parsing: .upToNextOption,
    help:
      "Which measurements: open, stat, stat-missing, stat-new, exec, connect, build, unfollowed, start, memory, python, flood."
  )
  var only: [String] = []

  @Option(help: "Which tools, with commas between: \(Tool.allCases.map(\.rawValue).joined(separator: ", ")).")
  var tools: String?

  @Option(help: "Also write everything, with each sample, to this file.")
  var json: String?

  @Option(help: "Where the storms' sources are.")
  var storms = "Benchmarks/Storms"

  @Option(help: "Where the Python programs are.")
  var python = "Benchmarks/Python"

  @Option(help: "How many C files the generated project has.")
  var files = 40

  @Option(help: "How long a flood lasts, in seconds.")
  var seconds = 30

  static let measurements =
    Storm.allCases.map(\.rawValue) + ["unfollowed", "start", "memory", "python", "flood"]

  func validate() throws {
    guard pairs > 0 else { throw ValidationError("--pairs must be at least 1") }
    guard seconds > 0 else { throw ValidationError("--seconds must be at least 1") }
    guard files > 0 else { throw ValidationError("--files must be at least 1") }
    for name in only where !Self.measurements.contains(name) {
      throw ValidationError("there is no measurement \(name)")
    }
    _ = try wanted()
  }

  func run() throws {
    guard geteuid() == 0 else {
      complain("tracers need root: sudo honeyguide-bench")
      throw ExitCode(77)
    }
    // Under sudo, Honeyguide would run the storms as the user who called sudo, and strace as root.
    for name in ["SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND", "DOAS_USER", "PKEXEC_UID"] {
      unsafe unsetenv(name)
    }
    Machine.provideTraceFileSystem()
    Signals.block()
    do {
      let failed = try measure()
      if failed {
        complain("not everything was measured: the tables say what and why")
        throw ExitCode(1)
      }
    } catch let failure as Failure {
      complain("\(failure)")
      throw ExitCode(1)
    } catch is Interrupted {
      complain("interrupted")
      throw ExitCode(130)
    }
  }

  /// Whether something could not be measured.
  private func measure() throws -> Bool {
    let workshop = try Workshop()
    try workshop.furnish(sources: storms, files: files)
    let plan = try plan()
    var facts = Machine.facts(plan, workshop)
    for (name, value) in facts { print("- \(name): \(value)") }
    for tool in plan.missing { print("- \(tool.rawValue): not installed") }
    print("")
    var sections: [Section] = []
    for name in Self.measurements where only.isEmpty || only.contains(name) {
      let section =
        switch name {
        case "unfollowed": try UnfollowedSection(plan: plan, python: python, storms: storms).measure(workshop)
        case "start": try StartSection(plan: plan).measure(workshop)
        case "python": try PythonSection(plan: plan, sources: python).measure(workshop)
        case "flood": try FloodSection(plan: plan, seconds: seconds).measure(workshop)
        case "memory": try MemorySection(plan: plan).measure(workshop)
        default:
          try StormSection(storm: Storm(rawValue: name) ?? .open, plan: plan).measure(workshop)
        }
      print(Table.text(section))
      // Each table as soon as it is there, into a pipe too.
      fflush(nil)
      sections.append(section)
    }
    facts.append(("load after", Machine.load()))
    facts.append(("tracing programs in the kernel after", Machine.programs(workshop)))
    print("- load after: \(Machine.load())")
    if let json {
      let file = try workshop.create(json)
      defer { try? file.close() }
      try file.writeAll(JSON.text(sections, machine: facts, pairs: pairs).utf8)
    }
    return sections.contains { $0.rows.contains(where: \.failed) }
  }

  private func wanted() throws -> [Tool] {
    guard let tools else { return Tool.allCases }
    return try tools.split(separator: ",").map { name in
      guard let tool = Tool(rawValue: String(name)) else { throw ValidationError("there is no tool \(name)") }
      return tool
    }
  }

  private func plan() throws -> Plan {
    let binary = Programs.environment("HONEYGUIDE_BINARY") ?? ".build/release/honeyguide"
    var present: [(tool: Tool, path: String)] = []
    var missing: [Tool] = []
    for tool in try wanted() {
      guard let program = tool.program else {
        present.append((tool, ""))
        continue
      }
      let path =
        tool.program == "honeyguide"
        ? (unsafe access(binary, X_OK) == 0 ? binary : nil) : Programs.find(program)
      if let path { present.append((tool, path)) } else { missing.append(tool) }
    }
    return Plan(pairs: pairs, tools: present, missing: missing, toolsAreNamed: tools != nil)
  }
}

/// Says on standard error what is being done, so that a long run can be watched.
func progress(_ text: String) { complain(text) }

func complain(_ text: String) {
  _ = try? FileDescriptor.standardError.writeAll("honeyguide-bench: \(text)\n".utf8)
}
