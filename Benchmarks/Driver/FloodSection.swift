// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// As many calls as two processes can make on all that the machine has, for a while: more than can be written down. What
/// is not told must be counted as lost, to the last call.
struct FloodSection {
  let plan: Plan
  let seconds: Int

  /// What Honeyguide says of a run, and what was found in its output.
  private struct Account {
    var storm: StormResult
    /// The flood's calls among the lines.
    var told = 0
    var lines = 0
    var events = 0
    var lost = 0
    var reasons = ""
  }

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    var rows: [Row] = []
    let narrow = ["--ring-size", "64K", "--buffer", "1M"]
    for (name, path, needle, options) in [
      ("open and close of an existing file", workshop.target, "\"event\":\"open\"", []),
      ("ftruncate, refused (EBADF)", "-", "\"event\":\"truncate\"", []),
      ("the same, \(narrow.joined(separator: " "))", "-", "\"event\":\"truncate\"", narrow),
    ] {
      for tool in plan.tools.map(\.tool) where tool == .honeyguide {
        var row = Row(tool: name)
        var failure: Failure?
        try attempt(&failure) { try fill(&row, path, needle, [plan.path(tool), "run"] + options, workshop) }
        if let failure { plan.mark(&row, of: tool, notMeasured: failure) }
        rows.append(row)
      }
    }
    return Section(
      name: "flood", title: "Flood: two processes make one call without a pause, \(seconds) s",
      explanation:
        "Called is what the processes counted themselves; told are the lines of the JSON Lines. All events of "
        + "the run together are those of a flood of no calls, and the calls.",
      rows: rows + plan.missing.filter { $0 == .honeyguide }.map(plan.missingRow))
  }

  private func fill(
    _ row: inout Row, _ path: String, _ needle: String, _ honeyguide: [String], _ workshop: borrowing Workshop
  ) throws {
    progress("flood: \(row.tool), nobody looks")
    let alone = try workshop.runAlone([
      workshop.storm("flood"), workshop.result, "\(min(seconds, 5))", "2", path,
    ])
    let none = try run(0, path, needle, honeyguide, workshop)
    progress("flood: \(row.tool), honeyguide --json")
    let flood = try run(seconds, path, needle, honeyguide, workshop)
    let calls = flood.storm.operations
    row.figures = [
      Figure(name: "calls, nobody looks", unit: .millionsPerSecond, samples: [rate(alone)]),
      Figure(name: "calls", unit: .millionsPerSecond, samples: [rate(flood.storm)]),
      Figure(
        name: "told", unit: .millionsPerSecond,
        samples: [Double(flood.told) * 1e3 / Double(flood.storm.wallNanoseconds)]),
    ]
    row.loss = Loss(
      truth: calls, missing: max(0, calls - flood.told), surplus: max(0, flood.told - calls),
      claimed: flood.lost,
      comparable: true)
    let isExact =
      none.lost == 0 && none.told == 0 && flood.lines == flood.events
      && flood.events + flood.lost == none.events + calls
    row.marks = [
      Mark(text: "told and lost add up to what was called", met: isExact),
      Mark(text: "1 million calls a second", met: rate(flood.storm) >= 1),
    ]
    row.note =
      "called \(calls.grouped), told \(flood.told.grouped); of all events \(flood.events.grouped) + lost "
      + "\(flood.lost.grouped) = \(none.events.grouped) + \(calls.grouped)\(isExact ? "" : " is not so"); lost: "
      + (flood.reasons.isEmpty ? "nothing" : flood.reasons)
    row.failed = !isExact
  }

  private func rate(_ storm: StormResult) -> Double {
    Double(storm.operations) * 1e3 / Double(max(1, storm.wallNanoseconds))
  }

  /// Runs the flood under Honeyguide, and reads its lines as they come: they would fill a disk.
  private func run(
    _ seconds: Int, _ path: String, _ needle: String, _ honeyguide: [String], _ workshop: borrowing Workshop
  ) throws -> Account {
    let complaint = try workshop.create(workshop.complaint)
    defer { try? complaint.close() }
    let pipe = try FileDescriptor.pipe()
    defer { try? pipe.readEnd.close() }
    for end in [pipe.readEnd, pipe.writeEnd] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(pipe.readEnd.rawValue, 1031 /* F_SETPIPE_SZ */, 1 << 20)
    var tracer = try Child(
      honeyguide + [
        "--quiet", "--json", "-", "--", workshop.storm("flood"), workshop.result,
        "\(seconds)", "2", path,
      ],
      output: pipe.writeEnd, error: complaint)
    try pipe.writeEnd.close()
    try tracer.openGate()
    tracer.closeInput()
    var last: [UInt8] = [], lines = 0
    let lead = Array("{\"event\":\"".utf8), kinds = ["start", "lost", "summary"].map { Array($0.utf8) }
    let told = try unsafe LineRule(needles: [needle] + (path == "-" ? [] : [path])).count(
      in: "/proc/self/fd/\(pipe.readEnd.rawValue)"
    ) { line in
      lines += 1
      let kind = unsafe line.dropFirst(lead.count)
      guard let known = kinds.first(where: { unsafe kind.starts(with: $0) }) else { return }
      lines -= 1
      if known == kinds[2] { last = unsafe Array(line) }
    }
    let ending = try tracer.wait()
    guard ending.succeeded else {
      throw Failure("honeyguide ended with \(ending.sentence)\(workshop.firstComplaint())")
    }
    let summary = String(decoding: last, as: UTF8.self)
    func number(_ name: String) throws -> Int {
      guard let range = summary.firstRange(of: "\"\(name)\":"),
        let number = Int(summary[range.upperBound...].prefix(while: \.isNumber))
      else { throw Failure("there is no \(name) in the summary: \(summary.prefix(300))") }
      return number
    }
    let reasons = summary.firstRange(of: "\"lost_by_reason\":{").map { range in
      String(summary[range.upperBound...].prefix { $0 != "}" })
    }
    return Account(
      storm: try StormResult(readingFrom: workshop.result), told: told, lines: lines,
      events: try number("events"),
      lost: try number("lost"), reasons: reasons ?? "")
  }
}
