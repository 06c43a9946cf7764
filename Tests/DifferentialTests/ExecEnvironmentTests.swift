// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// The witness is /proc/PID/environ, which each program of Tests/Programs/environments.sh copies.
  @Suite(.serialized) struct ExecEnvironments {
    @Test func theDifferencesAddUpToWhatProcSays() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = Requirement.repository.appending("Tests/Programs/environments.sh").string
      var environment = Command.plainEnvironment
      environment["REMOVED"] = "gone"
      environment["CHANGED"] = "old"
      let command = Command(["/bin/bash", script], environment: environment, in: laboratory.work)
      let (outcome, story) = try laboratory.inspect(command, options: ["--exec-env"])
      #expect(outcome.status == 0, "\(outcome.errorText)")
      var given: [String: [Bytes: Bytes]] = [:]
      var told: [[Bytes: Bytes]] = []
      for line in story.lines {
        if line.event == "fork", let child = line.json["child"] {
          given[HoneyguideLines.Line.name(child)] = given[line.process]
        }
        guard line.event == "exec", line.error == nil, let difference = line.json["environment"] else {
          continue
        }
        var variables = difference["whole"]?.boolean == true ? [:] : given[line.process] ?? [:]
        for kind in ["added", "changed"] {
          for variable in difference[kind]?.array ?? [] {
            let text = HoneyguideLines.Line(json: variable)
            variables[text.bytes("name") ?? ""] = text.bytes("value")
          }
        }
        for name in HoneyguideLines.Line(json: difference).list("removed") ?? [] { variables[name] = nil }
        #expect(difference["truncated"]?.boolean == false)
        given[line.process] = variables
        if line.bytes("exe")?.description.hasSuffix("/cat") == true { told.append(variables) }
      }
      #expect(told.count == 3)
      for (file, variables) in zip(["first", "second", "third"], told) {
        var expected: [Bytes: Bytes] = [:]
        for entry in try Files.read(laboratory.work.appending(file)).split(separator: 0) {
          guard let sign = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
          expected[Bytes(entry[..<sign])] = Bytes(entry[(sign + 1)...])
        }
        if expected["API_TOKEN"] != nil { expected["API_TOKEN"] = "***" }
        #expect(variables == expected, "\(file)")
      }
    }

    @Test func withoutTheOptionNothingIsTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(Command(["/bin/true"], in: laboratory.work))
      #expect(outcome.status == 0 && story.lines.contains { $0.event == "exec" })
      #expect(story.lines.allSatisfy { $0.json["environment"] == nil })
    }
  }
}
