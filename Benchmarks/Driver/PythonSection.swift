// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// An interpreter, and what Honeyguide may add to each of its calls, as a share of what cProfile adds.
struct Interpreter {
  let path: String
  let version: String
  /// Whether it tells its calls to somebody outside, by what it says of itself: up to 3.10, and 3.11 where it was built with
  /// probes.
  let tellsOutside: Bool

  var share: Double {
    switch version.split(separator: ".").prefix(2).joined(separator: ".") {
    case "3.12": 0.85
    case "3.13": 0.6
    default: 0.5
    }
  }

  /// /usr/bin/python3, those of pyenv, and HONEYGUIDE_TEST_PYTHONS, with the versions that they tell.
  static func all(_ workshop: borrowing Workshop) throws -> [Self] {
    let script = """
      for p in /usr/bin/python3 "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/*/bin/python \
        ${HONEYGUIDE_TEST_PYTHONS//:/ }; do
        [[ -x $p ]] && echo "$("$p" -c "$1") $p"
      done
      true
      """
    let question = """
      import sys, sysconfig
      tells = sys.version_info < (3, 11) or sys.version_info < (3, 12) and sysconfig.get_config_var("WITH_DTRACE")
      print("%d.%d.%d %d" % (sys.version_info[:3] + (bool(tells),)))
      """
    let file = try workshop.create(workshop.output)
    defer { try? file.close() }
    _ = try Child(["/bin/bash", "-c", script, "bash", question], output: file).wait(limit: 60)
    return (Files.text(workshop.output) ?? "").split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      return words.count == 3 ? Self(path: words[2], version: words[0], tellsOutside: words[1] == "1") : nil
    }
  }
}

/// What counting costs inside Python: a call, beside cProfile's; a command of Ansible; a run of pytest.
struct PythonSection {
  let plan: Plan
  /// Where calls.py and test_sums.py are.
  let sources: String

  private let calls = 600_000
  /// Each costs a hundred times as much when it is counted from outside.
  private let callsOutside = 60_000

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    let honeyguide = plan.path(.honeyguide)
    guard !honeyguide.isEmpty else {
      return Section(name: "python", title: "Inside Python", rows: [plan.missingRow(.honeyguide)])
    }
    var rows: [Row] = []
    for python in try Interpreter.all(workshop) { rows.append(try callRow(python, honeyguide, workshop)) }
    for (name, arguments) in [
      ("ansible", ["localhost", "-m", "ping"]),
      ("pytest", ["-q", "-p", "no:cacheprovider", "\(sources)/test_sums.py"]),
    ] {
      rows.append(try commandRow(name, arguments, honeyguide, workshop))
    }
    return Section(
      name: "python", title: "Inside Python",
      explanation:
        "A call is one of \(calls.grouped) of calls.py, three kinds in turn, in its processor time; added is more than "
        + "alone in the same round, the share is honeyguide's part of what cProfile adds. From outside is --no-inject --python "
        + "calls, with \(callsOutside.grouped) calls, where the interpreter lets them be seen. Commands are looked for in the "
        + "virtual environment that HONEYGUIDE_BENCH_VENV names, then in PATH; their time is their own, without "
        + "Honeyguide's start.",
      rows: rows)
  }

  private func callRow(_ python: Interpreter, _ honeyguide: String, _ workshop: borrowing Workshop) throws
    -> Row
  {
    var row = Row(
      tool: "CPython \(python.version)\(python.path.hasPrefix("/usr/bin/") ? ", the system's" : "")")
    func program(_ calls: Int) -> [String] {
      [python.path, "\(sources)/calls.py", workshop.result, "\(calls)"]
    }
    var runs = [
      program(calls), program(calls) + ["profile"], [honeyguide, "run", "--quiet", "--"] + program(calls),
    ]
    if python.tellsOutside {
      let outside = [honeyguide, "run", "--quiet", "--no-inject", "--no-env", "--python", "calls", "--"]
      runs.append(outside + program(callsOutside))
    }
    var samples = [[Double]](repeating: [], count: runs.count)
    var failure: Failure?
    try attempt(&failure) {
      for round in 0..<plan.pairs {
        progress("python: \(python.version), round \(round + 1) of \(plan.pairs)")
        for index in 0..<runs.count {
          let which = (index + round) % runs.count
          Files.remove(workshop.result)
          try workshop.run(runs[which])
          guard let text = Files.text(workshop.result), let time = Double(text.dropLast()) else {
            throw Failure("calls.py left no result")
          }
          samples[which].append(time)
        }
      }
    }
    if let failure {
      row.note = "not measured: \(failure)"
      row.failed = true
      return row
    }
    let added = samples.map { zip($0, samples[0]).map { $0 - $1 } }
    let shares = zip(added[2], added[1]).map { $0 / $1 }
    row.figures = [
      Figure(name: "call alone", unit: .nanoseconds, samples: samples[0]),
      Figure(name: "added by cProfile", unit: .nanoseconds, samples: added[1]),
      Figure(name: "added by honeyguide", unit: .nanoseconds, samples: added[2]),
      Figure(name: "share", unit: .times, samples: shares),
    ]
    if python.tellsOutside {
      row.figures += [
        Figure(name: "added from outside", unit: .nanoseconds, samples: added[3]),
        Figure(
          name: "beside cProfile", unit: .times, samples: zip(added[3], added[1]).map { $0 / $1 }),
      ]
    }
    row.marks = [
      Mark(text: "share at most \(python.share.decimal(2))x", met: Spread(shares).median <= python.share)
    ]
    return row
  }

  private func commandRow(
    _ name: String, _ arguments: [String], _ honeyguide: String, _ workshop: borrowing Workshop
  ) throws -> Row {
    let shown = "\(name) \(name == "ansible" ? arguments.joined(separator: " ") : "of 1 500 tests")"
    var row = Row(tool: shown)
    let inside = Programs.environment("HONEYGUIDE_BENCH_VENV").map { "\($0)/bin/\(name)" }
    guard
      let path = [inside].compactMap(\.self).first(where: { unsafe access($0, X_OK) == 0 })
        ?? Programs.find(name)
    else {
      row.note = "not installed; HONEYGUIDE_BENCH_VENV may name a virtual environment that has it"
      return row
    }
    // The storm that runs a command and waits for it.
    let command = [workshop.storm("build"), workshop.result, workshop.marker, path] + arguments
    var (wall, cpu): ([Double], [Double]) = ([], [])
    var failure: Failure?
    try attempt(&failure) {
      // What is compiled or cached the first time.
      _ = try workshop.runAlone(command)
      for round in 0..<plan.pairs {
        progress("python: \(name), pair \(round + 1) of \(plan.pairs)")
        var alone: StormResult?
        if round % 2 == 0 { alone = try workshop.runAlone(command) }
        let traced = try workshop.runAlone([honeyguide, "run", "--quiet", "--"] + command)
        let other = try alone ?? workshop.runAlone(command)
        wall.append(Double(traced.wallNanoseconds) / Double(other.wallNanoseconds))
        cpu.append(Double(traced.cpuNanoseconds) / Double(other.cpuNanoseconds))
      }
    }
    if let failure {
      row.note = "not measured: \(failure)"
      // Somebody else's program, which may not work on this machine.
      return row
    }
    row.figures = [
      Figure(name: "wall time", unit: .times, samples: wall), Figure(name: "CPU", unit: .times, samples: cpu),
    ]
    row.marks = [Mark(text: "wall time at most 1.15x", met: Spread(wall).median <= 1.15)]
    return row
  }
}
