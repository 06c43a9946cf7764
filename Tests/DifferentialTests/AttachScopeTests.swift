// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Control groups, the whole machine, and how an attached inspection ends.
  @Suite(.serialized) struct AttachedTo {
    static let hasCgroups = ControlGroup.root != nil

    @Test(.enabled(if: Self.hasCgroups, "needs a cgroup2 file system"))
    func whoComesIntoAControlGroupIsFollowedByForkAndByMove() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let group = try ControlGroup("honeyguide-test-\(getpid())")
      defer { group.remove() }
      let inside = try ControlGroup("honeyguide-test-\(getpid())/inside")
      defer { inside.remove() }
      // One is there; another is moved in later, with the threads that it has; a third never.
      let program = try WaitingProgram(laboratory, arguments: ["3"])
      let other = try Command(["/bin/sleep", "0.5"], in: laboratory.root).start()
      let resident = try Command(["/bin/sleep", "60"], in: laboratory.root).start()
      try inside.add(resident.pid)
      let honeyguide = try laboratory.attach(["--cgroup", group.name])
      try group.add(program.pid)
      let threads = try program.threads()
      try program.go()
      #expect(try program.run.wait().status == 7)
      #expect(try other.wait().status == 0)
      resident.signal(SIGKILL)
      _ = try resident.wait()
      // The last has ended, and nobody else can come.
      inside.remove()
      group.remove()
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      let existing = story.lines.filter { $0.event == "existing" }.map(\.pid)
      #expect(existing.sorted() == [program.pid, resident.pid].sorted())
      let mine = story.lines.filter { $0.pid == program.pid && $0.event == "open" }
      // What each thread opened, whichever was the first to do anything.
      let doers = Set(mine.compactMap { $0.integer("tid").map { Int32($0) } })
      #expect(doers == Set(threads))
      #expect(mine.count { $0.bytes("requested")?.description.hasPrefix("file-") == true } == 15)
      #expect(story.lines.count { $0.event == "fork" && $0.pid == program.pid } == 15)
      #expect(story.lines.count { $0.event == "exec" && $0.pid != program.pid } == 6)
      #expect(!story.lines.contains { $0.pid == other.pid })
    }

    @Test(.enabled(if: Self.hasCgroups, "needs a cgroup2 file system"))
    func aControlGroupIsFollowedUntilItIsRemoved() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let group = try ControlGroup("honeyguide-test-\(getpid())-kept")
      defer { group.remove() }
      func visitor(_ name: String) throws -> Command.Running {
        let script = "while [ ! -e \(name) ]; do :; done; exec /bin/echo \(name)"
        let run = try Command(["/bin/sh", "-c", script], in: laboratory.work).start()
        try group.add(run.pid)
        return run
      }
      func leave(_ run: Command.Running, _ name: String) throws {
        try Files.write([], to: laboratory.work.appending(name))
        #expect(try run.wait().status == 0)
      }
      let first = try visitor("first")
      let honeyguide = try laboratory.attach(["--cgroup", group.name])
      try leave(first, "first")
      // Longer than it takes to notice that nobody is there.
      usleep(1_500_000)
      try leave(try visitor("second"), "second")
      usleep(1_500_000)
      #expect(kill(honeyguide.pid, 0) == 0)
      group.remove()
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      let echoed = story.lines.filter { $0.event == "exec" }.compactMap { $0.list("argv")?.last }
      #expect(echoed == ["first", "second"])
    }

    @Test func theWholeMachineIsEverybodyButHoneyguide() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let honeyguide = try laboratory.attach(["--all", "--ring-size", "512M"])
      // It writes what it sees: were that seen, it would never end.
      try Command(["/bin/cp", "/etc/hostname", "copy"], in: laboratory.work).succeed()
      honeyguide.signal(SIGTERM)
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      let exec = try #require(
        story.lines.first { $0.event == "exec" && $0.list("argv") == ["/bin/cp", "/etc/hostname", "copy"] })
      let opens = story.lines.filter { $0.process == exec.process && $0.event == "open" && $0.error == nil }
      #expect(opens.contains { $0.bytes("path")?.description == laboratory.work.appending("copy").string })
      #expect(!story.lines.contains { $0.pid == honeyguide.pid })
      // Whoever was alive before and is alive now was there; threads of the kernel apart, which have no memory.
      #expect(story.lines.contains { $0.event == "existing" && $0.pid == getpid() })
    }

    @Test func anInspectionEndsInTimeAndTheProcessGoesOn() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["2"])
      let honeyguide = try laboratory.attach(["-p", "\(program.pid)", "--duration", "200ms"])
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      #expect(story.summary["time_over"]?.boolean == true)
      #expect((story.summary["duration_ns"]?.integer ?? 0) >= 200_000_000)
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test(arguments: [("0.25", 250), (".25s", 250), ("250.5ms", 251), ("0.005m", 300), ("0.00001d", 864)])
    func aTimeMayHaveAFraction(word: String, milliseconds: Int128) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["2"])
      let honeyguide = try laboratory.attach(["-p", "\(program.pid)", "--duration", word])
      #expect(try honeyguide.wait().status == 0)
      let took = try #require(try laboratory.story().summary["duration_ns"]?.integer)
      #expect(took >= (milliseconds - 1) * 1_000_000 && took < (milliseconds + 2_000) * 1_000_000)
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test func whenNobodyReadsItsOnlyOutputItEnds() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      var busy = Command(
        ["/bin/sh", "-c", "while [ ! -e go ]; do /bin/true; sleep 0.05; done; exit 7"], in: laboratory.work)
      busy.limit = .seconds(60)
      let program = try busy.start()
      var command = Command(
        [
          "/bin/sh", "-c", "{ \"$@\"; echo $? >&2; } | head -n 1 | wc -l", "sh", try Requirement.honeyguide(),
          "attach", "-f", "-p", "\(program.pid)", "--json", "-", "--quiet",
        ], in: laboratory.root)
      command.limit = .seconds(20)
      let outcome = try command.run()
      #expect(outcome.outputText == "1\n")
      #expect(outcome.errorText == "0\n")
      try Files.write([], to: laboratory.work.appending("go"))
      #expect(try program.wait().status == 7)
    }

    @Test(arguments: [["--json", "-", "--quiet"], ["--live", "--quiet"]])
    func whenTheReaderHasGoneItEndsThoughNothingHappens(output: [String]) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["1"])
      // The first line is read, where there is one; nothing is written after it, since the program waits.
      let reader = output[0] == "--live" ? "sleep 1" : "head -n 1 >first"
      var command = Command(
        [
          "/bin/sh", "-c", "{ \"$@\" 2>&1; echo $? >status; } | \(reader)", "sh",
          try Requirement.honeyguide(),
          "attach", "-p", "\(program.pid)", "--only", "exec",
        ] + output, in: laboratory.root)
      command.limit = .seconds(20)
      #expect(try command.run().status == 0)
      try eventually("it has ended") {
        try Files.exists(laboratory.root.appending("status"))
          && Files.text(laboratory.root.appending("status")) == "0\n"
      }
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test func aRunWaitsForItsCommandThoughNobodyReads() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let outcome = try Command(
        [
          "/bin/sh", "-c", "{ \"$@\"; echo $? >&2; } | head -n 1 | wc -l", "sh", try Requirement.honeyguide(),
          "run", "--json", "-", "--quiet", "--", "/bin/sh", "-c", "sleep 0.3; /bin/true; sleep 1.5; exit 7",
        ], in: laboratory.work
      ).run()
      #expect(outcome.outputText == "1\n")
      #expect(outcome.errorText == "7\n")
    }

    @Test func aRunEndsInTimeWith124AndTheCommandGoesOn() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = "while [ ! -e go ]; do sleep 0.05; done; echo end >said"
      let (outcome, story) = try laboratory.inspect(
        Command(["/bin/sh", "-c", script], in: laboratory.work), options: ["--duration", "300ms"])
      #expect(outcome.status == 124)
      #expect(story.summary["time_over"]?.boolean == true)
      #expect(story.summary["exit_code"] == .null)
      try Files.write([], to: laboratory.work.appending("go"))
      try eventually("the command ends") { Files.exists(laboratory.work.appending("said")) }
      let quick = try laboratory.inspect(
        Command(["/bin/sh", "-c", "exit 3"], in: laboratory.work), options: ["--duration", "1h"])
      #expect(quick.outcome.status == 3)
      #expect(quick.story.summary["time_over"] == nil)
    }

    @Test(arguments: [SIGINT, SIGKILL])
    func nothingIsLeftInTheKernelAndTheProcessIsUnharmed(signal: Int32) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["3", "3"])
      let honeyguide = try laboratory.attach(["-p", "\(program.pid)", "-f"])
      let own = try KernelObjects.held(by: honeyguide.pid)
      #expect(own.count > 20)
      honeyguide.signal(signal)
      #expect(try honeyguide.wait().status == (signal == SIGINT ? 0 : 137))
      try eventually("the kernel lets go") { try KernelObjects.all().isDisjoint(with: own) }
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test func whoeverIsNotThereIsOneSentenceAnd64() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["1"])
      let thread = try #require(try program.threads().first { $0 != program.pid })
      let cases: [(options: [String], says: String)] = [
        (["-p", "2147483647"], "There is no process 2147483647"),
        (["-p", "\(thread)"], "\(thread) is a thread of process \(program.pid)"),
        (["-p", "2"], "2 is a thread of the kernel"),
        (["-p", "one"], "a process has a number above 0"),
        (["-p", "1", "--all"], "cannot be combined"),
        ([], "Say whom to follow"),
        (["--all", "-f"], "-f is for -p"),
        (["--cgroup", "/nowhere"], "There is no control group \"/nowhere\""),
        (["--cgroup", "/tmp"], "\"/tmp\" is no control group of version 2"),
        (["--all", "--duration", "0.0"], "must be longer than 0"),
        (["--all", "--duration", "5w"], "'5w' is invalid"),
        (["--all", "--duration", "1.2.3"], "A time is a number of seconds"),
        (["--all", "--duration", "."], "A time is a number of seconds"),
        (["--all", "--duration", "53376d"], "The longest time is 53375 days"),
      ]
      for (options, says) in cases {
        let outcome = try Command([try Requirement.honeyguide(), "attach"] + options, in: "/").run()
        #expect(outcome.status == 64, "\(options)")
        #expect(outcome.errorText.contains(says), "\(outcome.errorText)")
        #expect(outcome.outputText == "")
      }
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test func withoutRightsItSaysWhichAreMissing() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let outcome = try Command(
        [
          "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
          try Requirement.honeyguide(), "attach", "-p", "\(getpid())", "--quiet",
        ], in: "/"
      ).run()
      // Where others may not enter the directory of the build, env(1) says so with 126.
      guard outcome.status != 126 else { return }
      #expect(outcome.status == 77)
      #expect(outcome.errorText.contains("CAP_BPF") && outcome.errorText.contains("sudo"))
    }
  }

  /// A directory of the test's own among the control groups.
  struct ControlGroup {
    let name: String
    private let path: FilePath

    static let root: FilePath? = {
      let mounts = (try? Files.text("/proc/self/mounts")) ?? ""
      let line = mounts.split(separator: "\n").map { $0.split(separator: " ") }.first {
        $0.count > 2 && $0[2] == "cgroup2"
      }
      return line.map { FilePath(String($0[1])) }
    }()

    init(_ name: String) throws {
      self.name = name
      path = (Self.root ?? "").appending(name)
      try Files.makeDirectory(path)
    }

    func add(_ pid: Int32) throws {
      try Command(["/bin/sh", "-c", "echo \(pid) >\(path)/cgroup.procs"], in: "/").succeed()
    }

    /// Empty, once its processes are reaped.
    func remove() {
      for _ in 0..<100 {
        if unsafe rmdir(path.string) == 0 { return }
        usleep(20_000)
      }
    }
  }
}
