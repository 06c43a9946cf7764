// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// How much memory Honeyguide's own process holds at most, looked up in /proc while it works.
struct MemorySection {
  let plan: Plan

  func measure(_ workshop: borrowing Workshop) throws -> Section {
    var rows: [Row] = []
    for tool in plan.tools.map(\.tool) where tool.isHoneyguide {
      for (storm, operations) in [(Storm.open, 500_000), (.statNew, 100_000)] {
        progress("memory: \(storm.rawValue), \(tool.rawValue)")
        var row = Row(
          tool: "\(label(tool)), \(operations.grouped) \(storm == .open ? "opens" : "distinct paths")")
        var failure: Failure?
        var anonymous: [Double] = []
        var resident: [Double] = []
        try attempt(&failure) {
          for _ in 0..<min(3, plan.pairs) {
            guard let attachment = tool.attachment(to: storm, at: plan.path(tool), workshop) else { continue }
            let peak = try peak(storm, operations, attachment, workshop)
            anonymous.append(Double(peak.anonymous) / 1024)
            resident.append(Double(peak.resident) / 1024)
          }
        }
        if let failure {
          row.note = "not measured: \(failure)"
          row.failed = true
        } else {
          row.figures = [
            Figure(name: "peak anonymous", unit: .mebibytes, samples: anonymous),
            Figure(name: "peak resident", unit: .mebibytes, samples: resident),
          ]
          row.marks = [Mark(text: "at most 64 MiB besides the ring", met: Spread(anonymous).greatest <= 64)]
        }
        rows.append(row)
      }
    }
    return Section(
      name: "memory", title: "Honeyguide's own memory",
      explanation: "Anonymous memory (heap, stacks) is sampled every 5 ms; resident memory is the kernel's "
        + "high-water mark, with program, libraries and the mapped ring, whose pages count twice.",
      rows: rows)
  }

  private func peak(
    _ storm: Storm, _ operations: Int, _ attachment: Attachment, _ workshop: borrowing Workshop
  ) throws -> (anonymous: Int, resident: Int) {
    Files.remove(workshop.output)
    defer { Files.remove(workshop.output) }
    let complaint = try workshop.create(workshop.complaint)
    defer { try? complaint.close() }
    let command = attachment.command(pid: 0) + storm.command(workshop, operations: operations)
    var tracer = try Child(command, output: complaint, error: complaint)
    try tracer.openGate()
    tracer.closeInput()
    var anonymous = 0
    var resident = 0
    while !Files.hasEnded(tracer.pid) {
      if let text = Files.text("/proc/\(tracer.pid)/status") {
        anonymous = max(anonymous, kibibytes("RssAnon:", in: text))
        resident = max(resident, kibibytes("VmHWM:", in: text))
      }
      try Signals.sleep(milliseconds: 5)
    }
    let ending = try tracer.wait()
    guard ending.succeeded else {
      throw Failure("\(attachment.arguments[0]) ended with \(ending.sentence)\(workshop.firstComplaint())")
    }
    guard anonymous > 0 else { throw Failure("/proc did not show the tracer's memory") }
    return (anonymous, resident)
  }

  private func kibibytes(_ name: String, in text: String) -> Int {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return 0 }
    return Int(line.dropFirst(name.count).filter(\.isNumber)) ?? 0
  }
}
