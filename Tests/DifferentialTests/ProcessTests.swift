// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct Processes {
    @Test func eachOfTwoThousandShortLivedProcessesIsThereExactlyOnce() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("storm")
      try laboratory.clean()
      let inspected = try laboratory.inspect(Command([program, "8", "250", "log"], in: laboratory.work))
      #expect(inspected.outcome.status == 0, "\(inspected.outcome.errorText)")
      let log = try StormLog(parents: 8, log: laboratory.work.appending("log"))
      #expect(log.count == 2000)
      let differences = log.differences(in: inspected.story)
      #expect(differences.isEmpty, "\(differences.prefix(20).joined(separator: "\n"))")
      // The 2 000, their parents, and the command itself.
      #expect(inspected.story.summary["processes"]?.integer == 2009)
    }

    @Test func twoHoneyguidesAtOnceAreBothRight() throws {
      let laboratories = [try Laboratory(), try Laboratory()]
      defer { for laboratory in laboratories { laboratory.close() } }
      let honeyguide = try Requirement.honeyguide()
      let runs = try laboratories.map { laboratory in
        let program = try laboratory.program("storm")
        try laboratory.clean()
        return try Command(
          [honeyguide, "run", "--quiet", "--json", "story", "--", program, "4", "60", "log"],
          in: laboratory.work
        ).start()
      }
      for (laboratory, run) in zip(laboratories, runs) {
        let outcome = try run.wait()
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let story = try HoneyguideLines(try Files.read(laboratory.work.appending("story")))
        let log = try StormLog(parents: 4, log: laboratory.work.appending("log"))
        let differences = log.differences(in: story)
        #expect(log.count == 240 && differences.isEmpty, "\(differences.prefix(20).joined(separator: "\n"))")
        #expect(story.summary["processes"]?.integer == 245)
      }
    }

    @Test func aHoneyguideInsideAnotherIsRightAndSoIsTheOther() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("storm")
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let command = [honeyguide, "run", "--quiet", "--json", "inner", "--", program, "4", "30", "log"]
      let outer = try laboratory.inspect(Command(command, in: laboratory.work))
      #expect(outer.outcome.status == 0, "\(outer.outcome.errorText)")
      let inner = try HoneyguideLines(try Files.read(laboratory.work.appending("inner")))
      let log = try StormLog(parents: 4, log: laboratory.work.appending("log"))
      #expect(log.count == 120)
      for story in [inner, outer.story] {
        let differences = log.differences(in: story)
        #expect(differences.isEmpty, "\(differences.prefix(20).joined(separator: "\n"))")
      }
      #expect(outer.story.lines.first { $0.event == "exec" }?.list("argv") == command.map { Bytes($0) })
    }
  }
}
