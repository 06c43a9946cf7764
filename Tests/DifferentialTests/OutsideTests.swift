// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Calls inside Python that are counted from outside, with nothing put into any process: compared with sys.setprofile and
  /// with the programs' own clocks.
  @Suite(.serialized) struct Outside {
    /// Whether an interpreter tells its calls to anybody outside, by what it says of itself: up to 3.10, and 3.11 where it
    /// was built with probes.
    static func tells(_ python: String) throws -> Bool {
      let expression = """
        sys.version_info < (3, 11) or \
        sys.version_info < (3, 12) and bool(sysconfig.get_config_var("WITH_DTRACE"))
        """
      return try Pythons.ask(python, expression).boolean == true
    }

    static func program(_ name: String) -> String {
      Requirement.repository.appending("Tests/Programs/\(name)").string
    }

    static func inspect(
      _ arguments: [String], in laboratory: Laboratory, what: String = "calls", status: Int32 = 0
    ) throws -> (output: [UInt8], story: HoneyguideLines) {
      let (outcome, story) = try laboratory.inspect(
        Command(arguments, in: laboratory.work), options: ["--python", what])
      #expect(outcome.status == status, "\(outcome.errorText)")
      return (outcome.output, story)
    }

    static func functions(_ story: HoneyguideLines, of file: String) -> [HoneyguideLines.Line] {
      story.lines.filter {
        $0.event == "function" && $0.json["file"]?.string?.hasSuffix(file) == true
      }
    }

    struct Place: Hashable {
      var line: Int
      var name: Bytes
    }
    struct Counts: Hashable {
      var begins: Int
      /// Nil: not told.
      var ends: Int?
    }

    /// `FIRST-LINE NAME BEGINS ENDS`, a line each.
    static func truth(_ python: String, in laboratory: Laboratory) throws -> [Place: Counts] {
      let file = laboratory.root.appending("truth")
      try Command([python, "-B", program("agent_calls.py"), file.string], in: laboratory.root).succeed()
      var truth: [Place: Counts] = [:]
      for line in try Files.read(file).split(separator: UInt8(ascii: "\n")) {
        let words = line.split(separator: UInt8(ascii: " "))
        func number(_ index: Int) -> Int { Int(String(decoding: words[index], as: UTF8.self)) ?? -1 }
        truth[Place(line: number(0), name: Bytes(words[1]))] = Counts(begins: number(2), ends: number(3))
      }
      return truth
    }

    @Test(arguments: Pythons.all) func countsAreThoseOfSetprofile(_ python: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let story = try Self.inspect([python, "-B", Self.program("agent_calls.py")], in: laboratory).story
      let interpreters = story.lines.filter { $0.event == "interpreter" }
      let functions = Self.functions(story, of: "agent_calls.py")
      let interpreter = try #require(interpreters.first)
      #expect(interpreters.count == 1)
      let version = try Pythons.ask(python, "platform.python_version()").string ?? ""
      let told = interpreter.json["version"]?.string ?? "none"
      // Before 3.11 the file does not tell all of it.
      #expect(
        version == told || version.hasPrefix("2.7")
          || version.hasPrefix("3.") && version.hasPrefix(told + "."))
      guard try Self.tells(python) else {
        #expect(interpreter.json["calls"]?.boolean == false && interpreter.json["reason"]?.string != nil)
        #expect(functions.isEmpty)
        return
      }
      #expect(interpreter.json["calls"]?.boolean == true)
      #expect(interpreter.json["environment"]?.boolean == false)
      let truth = try Self.truth(python, in: laboratory)
      var counted: [Place: Counts] = [:]
      for line in functions {
        let place = Place(line: Int(line.integer("line") ?? -1), name: line.bytes("name") ?? "")
        let begins = Int((line.integer("calls") ?? 0) + (line.integer("resumes") ?? 0))
        let ends = line.integer("unfinished").map { begins - Int($0) }
        let before = counted[place] ?? Counts(begins: 0, ends: 0)
        counted[place] = Counts(
          begins: before.begins + begins, ends: ends.flatMap { end in before.ends.map { $0 + end } })
        #expect(line.json["exceptions"] == nil)
        #expect((line.integer("total_ns") == nil) == (ends == nil), "times without ends")
        if let shortest = line.integer("min_ns"), let longest = line.integer("max_ns") {
          #expect(shortest <= longest && longest < 60_000_000_000)
        }
      }
      #expect(truth.count > 40)
      // What ran before the profiler was set, modules among it, only Honeyguide can know.
      for (place, counts) in truth where place.name != "<module>" {
        let own = try #require(counted[place], "\(place)")
        #expect(
          own.begins == counts.begins && (own.ends ?? counts.ends) == counts.ends,
          "\(place): \(counts), \(own)")
      }
      // By hand: what begins, and what goes on.
      func calls(_ name: String) -> [Int128?] {
        functions.filter { $0.json["name"]?.string == name }.flatMap {
          [$0.integer("calls"), $0.integer("resumes")]
        }
      }
      #expect(calls("holds") == [1, 2])
      if !version.hasPrefix("2") {
        #expect(calls("delegated") == [1, 4] && calls("each") == [1, 6] && calls("step") == [5, 0])
      }
    }

    @Test(arguments: Pythons.all) func timesAreThoseOfTheProgramsClock(_ python: String) throws {
      guard try Self.tells(python), try Pythons.ask(python, "sys.version_info[1] == 11").boolean == true
      else {
        return
      }
      try Self.compareClocks { laboratory in
        try Self.inspect([python, "-B", Self.program("agent_clocks.py")], in: laboratory)
      }
    }

    /// Runs agent_clocks.py, and compares what is told with its own clocks. Others may take the processor away just between the
    /// two looks at the clock: one run of three has to agree.
    static func compareClocks(
      _ inspect: (Laboratory) throws -> (output: [UInt8], story: HoneyguideLines)
    ) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      var differences: [String] = []
      for _ in 0..<3 {
        try laboratory.clean()
        let (output, story) = try inspect(laboratory)
        let truth = try Self.nanoseconds(output, in: laboratory)
        differences = []
        var compared = 0
        for line in Self.functions(story, of: "agent_clocks.py") {
          let name = line.json["name"]?.string ?? ""
          #expect(line.integer("unfinished") == 0, "\(name)")
          let shortest = line.integer("min_ns") ?? -1, longest = line.integer("max_ns") ?? -1
          let total = line.integer("total_ns") ?? -1, own = line.integer("self_ns") ?? -1
          #expect(
            0 <= shortest && shortest <= longest && 0 <= own && own <= total && total < 60_000_000_000,
            "\(name)")
          guard let times = truth[name]?.array else { continue }
          compared += 1
          for (field, time) in zip(["total_ns", "self_ns"], times) {
            let told = line.integer(field) ?? 0, clock = time.integer ?? 0
            if abs(told - clock) * 20 > clock {
              differences.append("\(field) of \(name): \(told), clock \(clock)")
            }
          }
        }
        let known = truth.object ?? [:]
        #expect(compared == known.count && compared >= 8)
        if differences.isEmpty { return }
      }
      #expect(differences.isEmpty)
    }

    /// What agent_clocks.py prints, in whole numbers.
    static func nanoseconds(_ output: [UInt8], in laboratory: Laboratory) throws -> JSON {
      let file = laboratory.root.appending("clocks")
      try Files.write(output, to: file)
      let program = """
        import json; clocks = json.load(open("\(file)"))
        print(json.dumps({name: [int(time * 1e9) for time in times] for name, times in clocks.items()}))
        """
      let text = try Command(["/usr/bin/python3", "-c", program], in: "/").succeed().output
      return try JSON(text.filter { $0 != UInt8(ascii: "\n") })
    }

    /// A fork, an exec in the same process, a thread, os._exit, and a death in mid-call.
    @Test(arguments: Pythons.all) func eachProgramOfEachProcessHasItsOwn(_ python: String) throws {
      guard try Self.tells(python) else { return }
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let story = try Self.inspect(
        [python, "-B", Self.program("outside_processes.py")], in: laboratory, status: 137
      ).story
      var found: [String: Set<String>] = [:]
      for line in Self.functions(story, of: "outside_processes.py") {
        let name = line.json["name"]?.string ?? ""
        guard ["worked", "dying"].contains(name) else { continue }
        let unfinished = line.integer("unfinished").map { " \($0)" } ?? ""
        found[name, default: []].insert("\(line.integer("calls") ?? 0)\(unfinished)")
      }
      let hasEnds = story.lines.contains { $0.event == "interpreter" && $0.json["method"]?.string == "usdt" }
      let none = hasEnds ? " 0" : ""
      // The parent, its child, the child's other program, and the same of the parent.
      #expect(found["worked"] == ["3\(none)", "5\(none)", "7\(none)", "11\(none)"])
      #expect(found["dying"] == [hasEnds ? "1 1" : "1"])
    }

    /// An interpreter that nobody could know before it ran.
    @Test func whatWasNotKnownBeforeIsToldSo() throws {
      let python = "/usr/bin/python3"
      guard try Self.tells(python) else { return }
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program =
        "import sys, time\ndef f(): pass\ntime.sleep(float(sys.argv[1]))\nfor _ in range(9): f()\n"
      try laboratory.clean { directory in
        try Command(["/bin/cp", "-L", python, directory.appending("odd").string], in: directory).succeed()
        try Files.write(Array(program.utf8), to: directory.appending("f.py"))
      }
      let story = try Self.inspect(
        ["/bin/sh", "-c", "PYTHONHOME=/usr ./odd f.py 1; PYTHONHOME=/usr ./odd f.py 0"], in: laboratory
      ).story
      let interpreters = story.lines.filter { $0.event == "interpreter" }
      #expect(interpreters.map { $0.json["calls"]?.boolean } == [true, true])
      #expect(interpreters.first?.json["reason"]?.string?.contains("first") == true)
      #expect(interpreters.last?.json["reason"] == nil)
      let calls = Self.functions(story, of: "f.py").filter { $0.json["name"]?.string == "f" }
      #expect(calls.map { $0.integer("calls") } == [9, 9])
    }

    /// A process that is not followed runs the same file: its interpreter is told of listeners, and that there are none any
    /// more.
    @Test func semaphoresGoDownWithHoneyguide() throws {
      guard try Self.tells("/usr/bin/python3"),
        try Pythons.ask("/usr/bin/python3", "sys.version_info[1] == 11").boolean == true
      else { return }
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      for ending in ["TERM", "KILL"] {
        let outcome = try Command(
          [
            "/usr/bin/python3", "-B", Self.program("outside_semaphores.py"), try Requirement.honeyguide(),
            ending,
          ], in: laboratory.work
        ).run()
        #expect(outcome.outputText == "0 0 0\n1 1 1\n0 0 0\n", "\(outcome.errorText)")
      }
    }
  }
}

/// What runs already, and what it has done so far.
extension Differential.Outside {
  /// Calls f as often as it is told to on standard input, and says how often it has.
  private static let script = """
    import sys, time
    def f(): pass
    def g(): time.sleep(0.001)
    open("ready", "w").close()
    def work():
        for _ in range(1234): f()
        g()
    while True:
        line = open("go").readline()
        if line == "end\\n": break
        work()
        open("done" + line.strip(), "w").close()
    """

  @Test(arguments: Pythons.all) func whatRunsAlreadyIsCountedFromThenOn(_ python: String) throws {
    guard try Self.tells(python) else { return }
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    try laboratory.clean { directory in
      try Command(["/usr/bin/mkfifo", "go"], in: directory).succeed()
    }
    let run = try Command([python, "-B", "-c", Self.script], in: laboratory.work).start()
    func tell(_ word: String) throws {
      try Files.write(Array((word + "\n").utf8), to: laboratory.work.appending("go"))
    }
    func work(_ word: String) throws {
      try tell(word)
      try eventually(word) { Files.exists(laboratory.work.appending("done" + word)) }
    }
    try eventually("it runs") { Files.exists(laboratory.work.appending("ready")) }
    try work("1")
    let page = laboratory.root.appending("page")
    let honeyguide = try laboratory.attach([
      "-p", "\(run.pid)", "--python", "calls", "--page", page.string, "--full",
    ])
    // Attached as its description is read, which the first line does not tell.
    try eventually("probes are there") {
      honeyguide.signal(SIGUSR1)
      return try Files.exists(page) && (Files.text(page)).contains("seen from outside")
    }
    try work("2")
    try work("3")
    let size = try Files.read(page).count
    honeyguide.signal(SIGUSR1)
    try eventually("the page so far") {
      try String(decoding: Files.read(page).dropFirst(size), as: UTF8.self).contains("2 468")
    }
    try tell("end")
    #expect(try run.wait().status == 0)
    #expect(try honeyguide.wait().status == 0)
    let story = try laboratory.story()
    let interpreter = try #require(story.lines.first { $0.event == "interpreter" })
    #expect(interpreter.json["calls"]?.boolean == true)
    #expect(interpreter.json["reason"]?.string == "what it called before was not seen")
    let functions = story.lines.filter { $0.event == "function" && $0.json["file"]?.string == "<string>" }
    func calls(_ name: String) -> [Int128?] {
      functions.filter { $0.json["name"]?.string == name }.map { $0.integer("calls") }
    }
    #expect(calls("f") == [2468] && calls("g") == [2] && calls("work") == [2])
  }

  /// Deeper than what is kept of a thread's frames.
  @Test(arguments: Pythons.all) func deepRecursionsAreCountedWhole(_ python: String) throws {
    guard try Self.tells(python) else { return }
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let program = """
      import sys, time
      sys.setrecursionlimit(5000)
      def deep(n):
          if not n: time.sleep(0.05)
          return n and deep(n - 1)
      def pair(n): return n and other(n - 1)
      def other(n): return n and pair(n - 1)
      for _ in range(3): deep(2000)
      pair(901)
      """
    try laboratory.clean { try Files.write(Array(program.utf8), to: $0.appending("deep.py")) }
    let story = try Self.inspect([python, "-B", "deep.py"], in: laboratory).story
    let functions = Self.functions(story, of: "deep.py")
    for (name, calls) in [("deep", 6003), ("pair", 451), ("other", 451)] as [(String, Int128)] {
      let line = try #require(functions.first { $0.json["name"]?.string == name })
      #expect(line.integer("calls") == calls && line.integer("resumes") == 0)
      #expect((line.integer("unfinished") ?? 0) == 0)
      if name == "deep", let total = line.integer("total_ns") {
        // Not once for each frame.
        #expect(total >= 150_000_000 && total < 2_000_000_000)
      }
    }
  }

  /// Where the process's mounts have an interpreter, we have another program.
  @Test func inOtherMountsTheInterpreterIsTheProcesss() throws {
    let python = "/usr/bin/python3"
    guard try Self.tells(python) else { return }
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let program = "import time\ndef f(): pass\ntime.sleep(1)\nfor _ in range(9): f()\n"
    try laboratory.clean { directory in
      try Command(["/bin/cp", "-L", python, directory.appending("odd").string], in: directory).succeed()
      try Command(["/bin/cp", "/bin/true", directory.appending("tool").string], in: directory).succeed()
      try Files.write(Array(program.utf8), to: directory.appending("f.py"))
    }
    let story = try Self.inspect(
      [
        "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
        "mount --bind odd tool && PYTHONHOME=/usr exec ./tool f.py",
      ],
      in: laboratory
    ).story
    let interpreter = try #require(story.lines.first { $0.event == "interpreter" })
    #expect(interpreter.json["calls"]?.boolean == true)
    let calls = Self.functions(story, of: "f.py").filter { $0.json["name"]?.string == "f" }
    #expect(calls.map { $0.integer("calls") } == [9])
  }
}
