// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What strace does not tell, compared with what /proc, wait4 and the kernel's sources say.
  @Suite(.serialized) struct Truth {
    @Test func whatIsToldAboutAProcessIsWhatProcAndWaitSay() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/truth.py").string
      try laboratory.clean()
      let inspected = try laboratory.inspect(Command(["/usr/bin/python3", script], in: laboratory.work))
      #expect(inspected.outcome.status == 0, "\(inspected.outcome.errorText)")
      let truths = try Files.text(laboratory.work.appending("truth")).split(separator: "\n").map {
        try JSON($0.utf8)
      }
      #expect(truths.count == 10)
      for truth in truths where truth["argv"] != nil {
        let execs = inspected.story.lines.filter { $0.event == "exec" && $0.json["pid"] == truth["pid"] }
        let exec = try #require(execs.last)
        for name in ["ppid", "uid", "gid", "euid", "egid", "cwd", "exe", "argv", "comm", "stdio"] {
          #expect(exec.json[name] == truth[name], "\(name)")
        }
        let ticks = try #require(truth["start_ticks"]?.integer)
        let perSecond = try #require(truth["ticks_per_second"]?.integer)
        let start = try #require(exec.integer("start_ns"))
        #expect(start * perSecond / 1_000_000_000 == ticks)
        let time = try #require(exec.integer("time_ns"))
        #expect(time > start && time < start + 5_000_000_000)
      }
      for truth in truths where truth["argv"] == nil {
        let exits = inspected.story.lines.filter { $0.event == "exit" && $0.json["pid"] == truth["pid"] }
        let exit = try #require(exits.first)
        #expect(exits.count == 1)
        #expect(exit.json["code"] == truth["status"])
        #expect(exit.json["max_rss_kib"] == truth["max_rss_kib"])
        let told = try #require(exit.integer("user_ns")) + (try #require(exit.integer("system_ns")))
        let truly = try #require(truth["processor_ns"]?.integer)
        // wait4 counts a little further: to the very end of the process. It gives whole microseconds.
        #expect(
          told > 0 && told <= truly + 2_000 && told > truly - 20_000_000, "\(told) ns, wait4 says \(truly)")
        let duration = try #require(exit.integer("duration_ns"))
        let lived = try #require(exit.integer("time_ns")) - (try #require(exit.integer("start_ns")))
        #expect(duration == lived)
      }
    }

    @Test func eventsOfOneThreadComeInTheOrderOfTheirTimes() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/threads.py").string
      try laboratory.clean()
      let story = try laboratory.inspect(Command(["/usr/bin/python3", script], in: laboratory.work)).story
      var last: [Int128: Int128] = [:]
      for line in story.lines {
        let tid = try #require(line.integer("tid"))
        let time = try #require(line.integer("time_ns"))
        #expect(last[tid, default: 0] <= time, "\(line.json)")
        last[tid] = time
      }
    }

    @Test func argumentsPastWhatIsKeptAreMarkedAndTheirSizeIsTrue() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = """
        import os
        os.execv("/bin/true", ["true"] + [f"{number:08}" + "x" * 99991 for number in range(12)])
        """
      let story = try laboratory.inspect(
        Command(["/usr/bin/python3", "-c", script], in: laboratory.work)
      ).story
      let exec = try #require(story.lines.last { $0.event == "exec" })
      #expect(exec.integer("argv_size") == 1_200_005)
      #expect(exec.json["argv_truncated"] == .boolean(true))
      let argv = try #require(exec.list("argv"))
      let kept = argv.reduce(0) { $0 + $1.array.count + 1 }
      #expect(kept >= 128 * 1024 && kept <= 1_200_005)
      for (number, argument) in argv.dropFirst().dropLast().enumerated() {
        #expect(argument.array.count == 99_999 && argument.description.hasPrefix("0000000\(number)"))
      }
    }

    @Test func whatDoesNotFitIntoTheRingIsCounted() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      // Opens alone: a look-up that was lost counts as lost and, asked again, is told after all.
      let program = try laboratory.program("open-storm")
      func run(_ options: [String]) throws -> (events: Int128, lost: Int128) {
        try laboratory.clean()
        let command = Command(
          [program], in: laboratory.work)
        let story = try laboratory.inspect(command, options: options, mayLose: ["ring-full"]).story
        return (
          try #require(story.summary["events"]?.integer), try #require(story.summary["lost"]?.integer)
        )
      }
      let all = try run([])
      #expect(all.events > 10_000 && all.lost == 0)
      let some = try run(["--ring-size", "4K"])
      #expect(some.lost > 0, "4 KiB hold less than a program opens between two looks")
      #expect(some.events + some.lost == all.events)
    }

    /// strace 6.1 prints `syscall_0x1c4(0x3, 0x7ffd…, …)`: it knows the call's number and none of its arguments.
    @Test func fchmodat2IsToldWhereStraceDoesNotKnowIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("oddcalls")
      try laboratory.clean()
      let story = try laboratory.inspect(Command([program], in: laboratory.work)).story
      let changes = try story.observations().keys.filter { $0.kind == .change }.map(\.text).sorted()
      let work = laboratory.work
      #expect(
        changes == [
          "chmod (unknown)/file mode 0600 = EBADF", "chmod \(work)/file mode 0640 = ok",
          "chmod \(work)/missing mode 0600 = ENOENT",
        ])
    }

    @Test func callsMadeByTheX32ConventionAreCountedAndNotMisread() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("oddcalls")
      try laboratory.clean()
      let story = try laboratory.inspect(
        Command([program, "x32"], in: laboratory.work), mayLose: ["not-decoded-x32"]
      ).story
      #expect(story.summary["lost"]?.integer == 3)
      #expect(story.summary["lost_by_reason"] == .object(["not-decoded-x32": .integer(3)]))
    }
  }
}
