// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Variables that programs look up, compared with what the programs say they found.
  @Suite(.serialized) struct Variables {
    static let environment = [
      "SET": "a value", "EMPTY": "", "SHARED": "by all", "SAFE": "yes", "THREAD_3_7": "seven",
      "ODD_VALUE": "ä\u{1}=;",
    ]

    /// A name, what was found, and whether that was cut.
    struct Answer: Hashable, CustomStringConvertible {
      var name: Bytes
      var value: Bytes?
      var isCut: Bool
      var description: String { "\(name) -> \(value.map { "\($0)" } ?? "not set")\(isCut ? " …" : "")" }

      /// What is kept of a text, in bytes.
      static let limit = 4095

      init(name: ArraySlice<UInt8>, found: ArraySlice<UInt8>) {
        self.name = Bytes(name.prefix(Self.limit))
        value = found.first == UInt8(ascii: "=") ? Bytes(found.dropFirst().prefix(Self.limit)) : nil
        isCut = name.count > Self.limit || found.count - 1 > Self.limit
      }

      init(_ line: HoneyguideLines.Line) {
        name = line.bytes("name") ?? ""
        value = line.bytes("value")
        isCut = line.json["truncated"]?.boolean ?? false
      }
    }

    static func answers(_ output: [UInt8]) -> [Answer] {
      let parts = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
      return stride(from: 0, to: parts.count - 1, by: 2).map {
        Answer(name: parts[$0], found: parts[$0 + 1])
      }
    }

    static func inspect(
      _ arguments: [String], in laboratory: Laboratory, options: [String] = []
    ) throws -> (outcome: Command.Outcome, story: HoneyguideLines) {
      let environment = Command.plainEnvironment.merging(Self.environment) { $1 }
      return try laboratory.inspect(
        Command(arguments, environment: environment, in: laboratory.work), options: options)
    }

    /// The C libraries whose functions are watched.
    enum Library: CaseIterable {
      case ours, of32Bits, musl

      /// Where Debian's musl-dev puts what the compiler is to be told.
      static let muslSettings = "/usr/lib/x86_64-linux-musl/musl-gcc.specs"
      /// This machine has one of Debian's other than that with which its programs are compiled.
      static let here = allCases.filter { $0 != .musl || Files.exists(FilePath(muslSettings)) }

      func compile(_ laboratory: Laboratory) throws -> String {
        try laboratory.program(
          "variables", is32Bit: self == .of32Bits, flags: self == .musl ? ["-specs", Self.muslSettings] : [])
      }
    }

    @Test(arguments: Library.here) func eachAnswerIsTheOneThatTheProgramGot(_ library: Library) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try library.compile(laboratory)
      try laboratory.clean()
      let (outcome, story) = try Self.inspect([program], in: laboratory)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let lines = story.lines.filter { $0.event == "env" }
      let said = Self.answers(outcome.output)
      // musl's loader is its library, and asks it.
      let ofLoader = ["LD_LIBRARY_PATH", "LD_PRELOAD"]
      let told = lines.map(Answer.init).filter { library != .musl || !ofLoader.contains($0.name.description) }
      // 400 names of threads, and the rest; the child asks once more for what its parent knows.
      #expect(Set(said).count > 410)
      #expect(Set(told) == Set(said))
      #expect(lines.allSatisfy { $0.json["set"]?.boolean == ($0.bytes("value") != nil) })
      #expect(lines.allSatisfy { $0.json["source"]?.string == "libc" })
      let processes = Set(lines.map(\.process))
      #expect(processes.count == 2)
      for process in processes {
        let own = lines.filter { $0.process == process }.map(Answer.init)
        #expect(Set(own).count == own.count, "told twice")
      }
    }

    @Test func theLibraryThatARunningProgramHasMappedIsWatched() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      let library = laboratory.root.appending("libc.so.6").string, go = laboratory.work.appending("go")
      try Command(["/bin/cp", "/lib/x86_64-linux-gnu/libc.so.6", library], in: "/").succeed()
      try Command(["/usr/bin/mkfifo", go.string], in: "/").succeed()
      let environment = Self.environment.merging(["LD_LIBRARY_PATH": laboratory.root.string]) { $1 }
      let run = try Command(
        ["/bin/dash", "-c", ": >ready; read -r line <go; exec \"$0\"", program], environment: environment,
        in: laboratory.work
      ).start()
      try eventually("the script waits") { Files.exists(laboratory.work.appending("ready")) }
      let honeyguide = try laboratory.attach(["-p", "\(run.pid)", "-f"])
      try Files.write([10], to: go)
      let said = Set(Self.answers(try run.wait().output))
      #expect(try honeyguide.wait().status == 0)
      let told = try laboratory.story().lines.filter { $0.event == "env" }.map(Answer.init)
      #expect(said.count > 410 && Set(told) == said)
    }

    @Test func whatTwoThreadsLookUpAtOnceIsToldOnce() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      let (outcome, story) = try Self.inspect([program, "together"], in: laboratory)
      let said = Self.answers(outcome.output)
      let told = story.lines.filter { $0.event == "env" && $0.bytes("comm") == "variables" }.map(Answer.init)
      #expect(said.count == 3000)
      #expect(Set(told) == Set(said))
      #expect(told.count == said.count, "told twice")
    }

    @Test func ofAProgramThatChangesItsUserTheSafeLookUpFindsNothing() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      try Command(["/bin/chmod", "4755", program], in: laboratory.root).succeed()
      try Command(["/bin/chmod", "755", laboratory.root.string], in: laboratory.root).succeed()
      let (outcome, story) = try Self.inspect(
        ["/usr/bin/setpriv", "--reuid=65534", "--clear-groups", program, "safely"], in: laboratory)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let said = Self.answers(outcome.output)
      let told = story.lines.filter { $0.event == "env" && $0.bytes("comm") == "variables" }.map(Answer.init)
      #expect(said.map(\.value) == ["a value", nil, nil])
      #expect(told == said)
    }

    @Test func aCrashInsideALookUpIsNoAnswer() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      let story = try Self.inspect([program], in: laboratory).story
      let crashed = try #require(story.lines.first { $0.event == "exit" && $0.json["signal"] != nil })
      #expect(story.lines.allSatisfy { $0.event != "env" || $0.process != crashed.process })
    }

    @Test(arguments: [["--no-env"], ["--only", "exec"]])
    func withoutThemNothingIsTold(_ options: [String]) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      let (outcome, story) = try Self.inspect([program], in: laboratory, options: options)
      #expect(outcome.status == 0 && story.lines.contains { $0.event == "exec" })
      #expect(story.lines.allSatisfy { $0.event != "env" })
    }

    @Test func theyAloneCanBeTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("variables")
      try laboratory.clean()
      let story = try Self.inspect([program], in: laboratory, options: ["--only", "env"]).story
      #expect(Set(story.lines.map(\.event)) == ["env"])
    }
  }
}
