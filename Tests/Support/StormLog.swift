// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

/// What Tests/Programs/storm.c wrote about its children: the witness of what Honeyguide tells about them.
public struct StormLog: Sendable {
  struct Child: Sendable {
    var label: String
    var pid: Int32
    var code: Int32
  }

  var children: [Child] = []

  /// - Parameter log: storm's third argument, seen from here.
  public init(parents: Int, log: FilePath) throws {
    for parent in 0..<parents {
      for line in try Files.text(FilePath("\(log).\(parent)")).split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count == 3, let pid = Int32(words[1]), let code = Int32(words[2]) else {
          throw HoneyguideLines.ContractError(description: "storm wrote: \(line)")
        }
        children.append(Child(label: String(words[0]), pid: pid, code: code))
      }
    }
  }

  public var count: Int { children.count }

  /// What the story lacks or has too much of; empty when each child is there exactly once.
  public func differences(in story: HoneyguideLines) -> [String] {
    var execs: [Int32: [HoneyguideLines.Line]] = [:]
    var exits: [String: [HoneyguideLines.Line]] = [:]
    var differences: [String] = []
    var count = 0
    for line in story.lines {
      if line.event == "exec", line.error == nil, line.list("argv")?.first == "child" {
        execs[line.pid, default: []].append(line)
        count += 1
      }
      if line.event == "exit" { exits[line.process, default: []].append(line) }
    }
    if count != children.count {
      differences.append("\(count) children executed, \(children.count) were started")
    }
    for child in children {
      // A pid may be used again within one run; the label is used once.
      let own = (execs[child.pid] ?? []).filter {
        $0.list("argv") == ["child", Bytes(child.label), Bytes("\(child.code)")]
      }
      guard own.count == 1 else {
        differences.append("\(child): \(own.count) execs")
        continue
      }
      let ends = exits[own[0].process] ?? []
      guard ends.count == 1 else {
        differences.append("\(child): \(ends.count) exits")
        continue
      }
      if ends[0].integer("code") != Int128(child.code) { differences.append("\(child): \(ends[0].json)") }
      let duration = ends[0].integer("duration_ns") ?? -1
      let whole = story.summary["duration_ns"]?.integer ?? 0
      if duration <= 0 || duration > whole {
        differences.append("\(child): lived \(duration) ns of \(whole)")
      }
    }
    return differences
  }
}
