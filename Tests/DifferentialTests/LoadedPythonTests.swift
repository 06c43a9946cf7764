// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

/// The libraries of the Pythons here.
private enum PythonLibraries {
  /// A Python that has a library, and where that finds its modules.
  struct Library {
    var python: String
    var path: String
    var home: String
    var name: String { FilePath(path).lastComponent?.string ?? "" }
  }

  static let all: [Library] = Pythons.all.compactMap { python in
    let question =
      "[sysconfig.get_config_var('LIBDIR'), sysconfig.get_config_var('INSTSONAME'), sys.prefix]"
    let answers = (try? Pythons.ask(python, question))?.array?.map { $0.string ?? "" } ?? []
    guard answers.count == 3, answers[1].contains(".so") else { return nil }
    let path = answers[0] + "/" + answers[1]
    return Files.exists(FilePath(path)) ? Library(python: python, path: path, home: answers[2]) : nil
  }
  static let pythons = all.map(\.python)
  /// From 3.10 on, which find their modules in one home.
  static let newOnes = all.filter { $0.name.contains("3.1") && !$0.path.hasPrefix("/usr/") }
  static let hasTwo = Set(newOnes.map(\.name)).count >= 2
}

extension Differential {
  /// Programs that load Python's library by themselves, while they run: `Programs/embeds.c`.
  @Suite(
    .serialized, .enabled(if: !PythonLibraries.all.isEmpty, "needs a Python with a library: libpython3-dev"))
  struct LoadedPython {
    /// What is run in it: nine calls of a function that looks up a variable.
    private static let text = """
      import os, sys
      def looks():
          return os.environ.get("LOOKED_FOR", "nothing")
      for _ in range(9): looks()
      sys.stdout.write("%s %s\\n" % ("LD_PRELOAD" in os.environ, looks()))
      sys.stdout.flush()
      """
    private static let output = "False found\n"

    /// Alone and with the agent.
    private func embed(
      _ laboratory: Laboratory, _ arguments: [String], home: String, program: String? = nil
    ) throws -> (alone: Command.Outcome, inspected: Command.Outcome, story: HoneyguideLines) {
      let environment = ["PYTHONHOME": home, "LOOKED_FOR": "found"]
      let command = Command(
        [try program ?? laboratory.program("embeds")] + arguments,
        environment: Command.plainEnvironment.merging(environment) { $1 }, in: laboratory.work)
      try laboratory.clean()
      let alone = try command.run()
      let (inspected, story) = try laboratory.inspect(command, injecting: true)
      return (alone, inspected, story)
    }

    private func reasons(_ story: HoneyguideLines) -> [String?] {
      story.lines.filter { $0.event == "interpreter" }.map { $0.json["reason"]?.string }
    }

    /// Its calls of `looks`, and that it looked up the variable.
    private func expectObserved(_ story: HoneyguideLines, _ what: String) {
      let calls = story.lines.filter { $0.event == "function" && $0.bytes("name") == "looks" }
      #expect(calls.map { $0.integer("calls") } == [10], "\(what)")
      let reads = story.lines.filter {
        $0.event == "env" && $0.bytes("name") == "LOOKED_FOR" && $0.json["source"]?.string == "python"
      }
      #expect(reads.map { $0.bytes("value") } == ["found"], "\(what)")
    }

    @Test(arguments: PythonLibraries.pythons) func countsAreThoseOfSetprofile(_ python: String) throws {
      let library = try #require(PythonLibraries.all.first { $0.python == python })
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let truth = try Outside.truth(python, in: laboratory).filter { $0.key.name != "<module>" }
      #expect(truth.count >= 30)
      let program = Outside.program("agent_calls.py")
      let text = """
        import sys
        sys.argv, sys.dont_write_bytecode, __file__ = ["\(program)"], True, "\(program)"
        with open("\(program)", "rb") as file: code = compile(file.read(), "\(program)", "exec")
        exec(code)
        """
      // Modules of some that are libraries themselves find Python among what is global.
      let (alone, inspected, story) = try embed(
        laboratory, [library.path, "global", text], home: library.home)
      #expect(alone.status == 5 && inspected == alone, "\(inspected.errorText)")
      var told: [Outside.Place: Outside.Counts] = [:]
      for line in Outside.functions(story, of: "agent_calls.py") {
        let begins = Int((line.integer("calls") ?? 0) + (line.integer("resumes") ?? 0))
        let place = Outside.Place(line: Int(line.integer("line") ?? 0), name: line.bytes("name") ?? "")
        let before = told[place] ?? Outside.Counts(begins: 0, ends: 0)
        told[place] = Outside.Counts(
          begins: before.begins + begins,
          ends: (before.ends ?? 0) + begins - Int(line.integer("unfinished") ?? 0))
      }
      for (place, counts) in truth {
        #expect(
          told[place] == counts, "line \(place.line), \(place.name): \(String(describing: told[place]))")
      }
      #expect(reasons(story) == [nil])
    }

    @Test(arguments: [
      "local", "global", "local,lazy", "global,deepbind", "local,thread", "local,again",
      "global,lazy,deepbind,thread,again",
    ])
    func itIsObservedHoweverItIsLoaded(how: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      for library in PythonLibraries.all {
        let (alone, inspected, story) = try embed(
          laboratory, [library.path, how, Self.text], home: library.home)
        #expect(alone.status == 5 && alone.outputText == Self.output)
        #expect(inspected == alone, "\(library.path): \(inspected.errorText)")
        #expect(reasons(story) == [nil])
        expectObserved(story, library.path)
      }
    }

    /// Plug-ins are linked with Python's library, and it is loaded with them; servers do so twice.
    @Test(arguments: ["local", "local,again"]) func itIsObservedBehindAnotherLibrary(how: String) throws {
      let compiler = try Requirement.tool("cc", package: "gcc")
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let source = laboratory.root.appending("plugin.c"), plugin = laboratory.root.appending("plugin.so")
      let code = "extern void Py_Initialize(void);\nvoid *plugin = (void *)Py_Initialize;\n"
      try Files.write(Array(code.utf8), to: source)
      for library in PythonLibraries.all {
        let directory = FilePath(library.path).removingLastComponent().string
        try Command(
          [
            compiler, "-shared", "-fPIC", "-o", plugin.string, source.string, library.path,
            "-Wl,-rpath,\(directory)",
          ], in: "/"
        ).succeed()
        let (alone, inspected, story) = try embed(
          laboratory, [plugin.string, how, Self.text], home: library.home)
        #expect(alone.status == 5 && inspected == alone, "\(library.path): \(inspected.errorText)")
        #expect(reasons(story) == [nil])
        expectObserved(story, library.path)
      }
    }

    /// What docs/limits.md says of it. Both find their modules in one home.
    @Test(.enabled(if: PythonLibraries.hasTwo, "needs two Pythons with libraries, from 3.10 on: pyenv"))
    func ofTwoPythonsTheFirstIsObservedAndTheOtherNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let first = try #require(PythonLibraries.newOnes.first)
      let second = try #require(PythonLibraries.newOnes.first { $0.name != first.name })
      for (one, other) in [(first, second), (second, first)] {
        let home = laboratory.root.appending("home\(one.name)").string
        let script = """
          mkdir -p "$0/lib" && ln -s "$1"/lib/python3.* "$2"/lib/python3.* "$0/lib/"
          """
        try Command(["/bin/sh", "-c", script, home, one.home, other.home], in: "/").succeed()
        let text = "import sys\ndef other(): pass\nother()\nsys.stdout.write('2\\n')\nsys.stdout.flush()"
        let (alone, inspected, story) = try embed(
          laboratory, [one.path, "local", Self.text, other.path, "local", text], home: home)
        #expect(alone.status == 5 && alone.outputText == Self.output + "2\n", "\(alone.errorText)")
        #expect(inspected == alone, "\(inspected.errorText)")
        expectObserved(story, one.path)
        #expect(!story.lines.contains { $0.event == "function" && $0.bytes("name") == "other" })
        let several =
          "it opened \(one.name) and \(other.name), and of several Pythons in one process one is observed"
        #expect(reasons(story) == [nil, several])
      }
    }

    /// A program that was built for gprof exports the function by which the agent learns of libraries: all is gprof's.
    @Test func aProgramBuiltForGprofIsNamedAndKeepsItsProfile() throws {
      let gprof = try Requirement.tool("gprof", package: "binutils")
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("embeds", flags: ["-pg", "-rdynamic"])
      let library = try #require(PythonLibraries.all.first)
      func calls() throws -> String {
        let text = try Command([gprof, "-b", "-p", program, "gmon.out"], in: laboratory.work).succeed()
          .outputText
        return text.split(separator: "\n").filter { $0.hasSuffix(" embed") || $0.hasSuffix(" load") }
          .map { $0.split(separator: " ").map(String.init) }.map { "\($0[3]) \($0.last ?? "")" }.sorted()
          .joined(separator: "\n")
      }
      let arguments = [library.path, "local", Self.text]
      let environment = Command.plainEnvironment.merging(["LOOKED_FOR": "found", "PYTHONHOME": library.home])
      { $1 }
      let command = Command([program] + arguments, environment: environment, in: laboratory.work)
      try laboratory.clean()
      let alone = try command.run(), profile = try calls()
      try laboratory.clean()
      let (inspected, story) = try laboratory.inspect(command, injecting: true)
      #expect(alone.status == 5 && inspected.status == 5, "\(inspected.errorText)")
      #expect(try calls() == profile && profile.contains("embed"), "\(profile)")
      #expect(reasons(story) == ["it opened \(library.name), and whether Python ran in it was not seen"])
    }
  }
}
