// SPDX-License-Identifier: Apache-2.0
internal import SystemPackage

/// The BPF programs, maps and links that the kernel holds, by kind and number: "prog 12".
public enum KernelObjects {
  /// All of them, by bpftool.
  public static func all() throws -> Set<String> {
    let bpftool = try Requirement.tool("bpftool", package: "bpftool")
    var result: Set<String> = []
    for kind in ["prog", "map", "link"] {
      for object in try list(bpftool, kind).array ?? [] {
        guard let id = object["id"]?.integer else {
          throw Command.Failure(description: "bpftool says: \(object)")
        }
        result.insert("\(kind) \(id)")
      }
    }
    return result
  }

  /// bpftool gives up when an object goes away between its number and itself; then it is asked again.
  private static func list(_ bpftool: String, _ kind: String) throws -> JSON {
    let command = Command([bpftool, "-j", kind, "show"], in: "/")
    for _ in 0..<20 {
      let outcome = try command.run()
      if outcome.status == 0 { return try JSON(outcome.output) }
    }
    return try JSON(try command.succeed().output)
  }

  /// Those that a process holds by a descriptor; without a process, those that anybody does.
  public static func held(by pid: Int32? = nil) throws -> Set<String> {
    let who = pid.map { "\($0)" } ?? "[0-9]*"
    // Processes come and go meanwhile: grep's complaints about them mean nothing.
    let command = Command(
      ["/bin/sh", "-c", "grep -hsE '^(prog|map|link)_id:' /proc/\(who)/fdinfo/*"], in: "/")
    return Set(
      try command.run().outputText.split(separator: "\n").map { line in
        let words = line.split { $0 == "\t" || $0 == " " }
        return line.prefix { $0 != "_" } + " " + (words.last ?? "")
      })
  }
}

/// Processes by their group.
public enum ProcessGroup {
  /// How many processes of a group are alive, or wait to be buried.
  public static func members(of group: Int32) throws -> [Int32] {
    let stats = try Command(["/bin/sh", "-c", "cat /proc/[0-9]*/stat 2>/dev/null"], in: "/").run().outputText
    return stats.split(separator: "\n").compactMap { line in
      // "pid (name) state ppid pgrp …"; the name may hold anything.
      guard let end = line.lastIndex(of: ")"), let pid = Int32(line.prefix { $0 != " " }) else { return nil }
      let words = line[end...].split(separator: " ")
      return words.count > 3 && words[3] == "\(group)" ? pid : nil
    }
  }
}
