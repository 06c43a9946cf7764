// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What bash looks up among its variables (`--bash-vars`), compared with what a script says it found.
  @Suite(.serialized) struct ShellVariables {
    typealias Answer = Differential.Variables.Answer

    static let environment = Command.plainEnvironment.merging(
      ["V_GIVEN": "from outside", "V_EMPTY": "", "V_UNUSED": "1", "API_TOKEN": "hunter2"]) { $1 }
    static let script = Requirement.repository.appending("Tests/Programs/shell_variables.sh").string

    static func inspect(
      _ arguments: [String], in laboratory: Laboratory, path: String? = nil,
      options: [String] = ["--bash-vars"]
    ) throws -> (outcome: Command.Outcome, story: HoneyguideLines) {
      var environment = Self.environment
      if let path { environment["PATH"] = path }
      return try laboratory.inspect(
        Command(arguments, environment: environment, in: laboratory.work), options: options)
    }

    static func ofBash(_ story: HoneyguideLines) -> [HoneyguideLines.Line] {
      story.lines.filter { $0.event == "env" && $0.json["source"]?.string == "bash" }
    }

    /// Compares what is told of the script's own names with what it wrote.
    static func compare(_ story: HoneyguideLines, _ outcome: Command.Outcome) {
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let isOwn = { (name: Bytes) in name.description.hasPrefix("V_") || name.description == "RANDOM" }
      let said = Set(Variables.answers(outcome.output)), lines = ofBash(story)
      let told = Set(lines.map(Answer.init).filter { isOwn($0.name) })
      #expect(said.count == 26)
      #expect(said.subtracting(told).isEmpty, "\(said.subtracting(told))")
      // bash itself looks whether there is something before it assigns in these ways.
      let assigned = ["V_LOCAL", "V_ARRAY", "V_TABLE", "V_REFERENCE", "V_NUMBER", "V_OF_ENV"]
      let more = told.subtracting(said)
      for answer in more
      where !lines.contains(where: { Answer($0) == answer && $0.json["set"]?.boolean == true }) {
        #expect(assigned.contains(answer.name.description), "\(answer)")
      }
      // Arrays are told to be set, and no value.
      let withoutValue = lines.filter { $0.json["set"]?.boolean == true && $0.json["value"] == nil }
      let arrays = Set(
        withoutValue.compactMap { $0.bytes("name")?.description }.filter { $0.hasPrefix("V_") })
      #expect(arrays == ["V_ARRAY", "V_TABLE"])
      #expect(lines.allSatisfy { $0.bytes("comm") != "env" })
      for process in Set(lines.map(\.process)) {
        let own = lines.filter { $0.process == process && $0.json["value"] != nil }.map(Answer.init)
        #expect(Set(own).count == own.count, "told twice")
      }
    }

    @Test func whatAScriptFindsIsTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let (outcome, story) = try Self.inspect(["/bin/bash", Self.script], in: laboratory)
      Self.compare(story, outcome)
    }

    static let tracing = "/sys/kernel/tracing"

    /// A uprobe of the kernel's own tracer notes the names meanwhile.
    @Test(.enabled(if: Files.exists(FilePath("\(tracing)/uprobe_events")), "needs tracefs at \(tracing)"))
    func everyNameThatBashAsksForIsToldAndNoOther() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let readelf = try Requirement.tool("readelf", package: "binutils")
      let symbols = try Command([readelf, "-W", "--dyn-syms", "/bin/bash"], in: "/").succeed().outputText
      let words = try #require(
        symbols.split(separator: "\n").map { $0.split(separator: " ") }.first { $0.last == "find_variable" })
      // In a program that can be loaded anywhere, code is linked to where it lies in the file.
      let place = "/bin/bash:0x\(words[1])", name = "honeyguide_test_\(getpid())"
      let instance = "\(Self.tracing)/instances/\(name)"
      func tracer(_ script: String) throws -> String {
        try Command(["/bin/dash", "-c", "cd \(Self.tracing) && \(script)"], in: "/").succeed().outputText
      }
      _ = try tracer(
        "mkdir \(instance) && echo 'p:\(name)/asked \(place) name=+0(%di):string' >>uprobe_events"
          + " && echo 1 >\(instance)/events/\(name)/asked/enable")
      defer {
        _ = try? tracer(
          "echo 0 >\(instance)/events/\(name)/asked/enable; rmdir \(instance); echo '-:\(name)/asked' >>uprobe_events"
        )
      }
      let (outcome, story) = try Self.inspect(["/bin/bash", Self.script], in: laboratory)
      #expect(outcome.status == 0)
      let pids = Set(story.lines.map(\.pid))
      var witness: Set<String> = []
      for line in try tracer("cat \(instance)/trace").split(separator: "\n") {
        // "bash-1234  [001] …: asked: (0x…) name="IFS""
        guard let text = line.split(separator: "\"").last, line.contains("asked: ("),
          let task = line.split(separator: "[").first?.split(separator: "-").last,
          let pid = Int32(task.filter { $0 != " " }), pids.contains(pid)
        else { continue }
        witness.insert("\(pid) \(text)")
      }
      let told = Set(Self.ofBash(story).map { "\($0.pid) \($0.bytes("name")?.description ?? "")" })
      #expect(witness.count > 70)
      #expect(told == witness, "\(told.symmetricDifference(witness))")
    }

    /// Where else a bash may be: named by the command, by its first line, by PATH.
    @Test(arguments: ["command", "first line", "path"]) func aBashOfAnotherPlaceIsFound(_ way: String) throws
    {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let bash = laboratory.root.appending("bash").string
      // Another file, and one without a table of symbols but for those that it exports.
      try Command([try Requirement.tool("strip", package: "binutils"), "-o", bash, "/bin/bash"], in: "/")
        .succeed()
      let script = laboratory.root.appending("script").string
      let lines = try Files.text(FilePath(Self.script)).split(
        separator: "\n", omittingEmptySubsequences: false)
      try Files.write(
        "#!\(bash)\n\(lines.dropFirst().joined(separator: "\n"))".utf8, to: FilePath(script), mode: 0o755)
      let command =
        switch way {
        case "command": [bash, Self.script]
        case "first line": [script]
        default: ["/usr/bin/env", "bash", Self.script]
        }
      let path = way == "path" ? "\(laboratory.root.string):/usr/bin:/bin" : nil
      let (outcome, story) = try Self.inspect(command, in: laboratory, path: path)
      Self.compare(story, outcome)
    }

    @Test func valuesAreMaskedByTheirNames() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = "DB_PASSWORD=hunter2; : \"$API_TOKEN$DB_PASSWORD\""
      let story = try Self.inspect(["/bin/bash", "-c", script], in: laboratory).story
      let told = Self.ofBash(story).filter { ["API_TOKEN", "DB_PASSWORD"].contains($0.bytes("name")) }
      #expect(told.count == 2)
      #expect(told.allSatisfy { $0.bytes("value") == "***" && $0.json["redacted"]?.boolean == true })
    }

    @Test func withoutTheOptionNothingOfBashIsTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let (outcome, story) = try Self.inspect(["/bin/bash", Self.script], in: laboratory, options: [])
      #expect(outcome.status == 0)
      #expect(Self.ofBash(story).isEmpty && story.lines.contains { $0.event == "env" })
    }

    @Test func aRunningBashIsFoundWhereverItLies() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let bash = laboratory.root.appending("bash").string
      try Command(["/bin/cp", "/bin/bash", bash], in: "/").succeed()
      let go = laboratory.work.appending("go")
      try Command(["/usr/bin/mkfifo", go.string], in: "/").succeed()
      let script = "V_BEFORE=1; : $V_BEFORE; : >ready; read -r LINE <go; V_AFTER=$LINE; : $V_AFTER; exit 7"
      let run = try Command([bash, "-c", script], in: laboratory.work).start()
      try eventually("the script waits") { Files.exists(laboratory.work.appending("ready")) }
      let honeyguide = try laboratory.attach(["-p", "\(run.pid)", "--bash-vars"])
      try Files.write("told\n".utf8, to: go)
      #expect(try run.wait().status == 7)
      #expect(try honeyguide.wait().status == 0)
      let told = Self.ofBash(try laboratory.story()).map(Answer.init).filter {
        $0.name.description.hasPrefix("V_")
      }
      #expect(told == [Answer(name: Array("V_AFTER".utf8)[...], found: Array("=told".utf8)[...])])
    }

    @Test func aBashThatNobodyKnewOfIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let bash = laboratory.root.appending("bash").string, page = laboratory.root.appending("page")
      try Command(["/bin/cp", "/bin/bash", bash], in: "/").succeed()
      let story = try Self.inspect(
        ["/bin/bash", "-c", ": $V_FIRST; '\(bash)' -c ': $V_SECOND'; bash -c ': $V_THIRD'"], in: laboratory,
        options: ["--bash-vars", "--page", page.string]
      ).story
      let told = Self.ofBash(story).compactMap { $0.bytes("name")?.description }.filter { $0.hasPrefix("V_") }
      #expect(told == ["V_FIRST", "V_THIRD"])
      let notes = try Files.text(page).split(separator: "\n").filter {
        $0.contains("--bash-vars did not know of it")
      }
      #expect(notes.count == 1 && notes.first?.contains(bash) == true, "\(notes)")
    }

    /// A program that is called bash and is none.
    @Test func whatIsNoBashIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let other = laboratory.root.appending("bash").string
      try Command(["/bin/cp", "/bin/true", other], in: "/").succeed()
      // Beside a bash that can be told of, it is said on the page.
      let page = laboratory.root.appending("page")
      let options = ["--bash-vars", "--page", page.string]
      let (outcome, story) = try Self.inspect(
        ["/bin/bash", Self.script], in: laboratory, path: "\(laboratory.root.string):/bin", options: options)
      Self.compare(story, outcome)
      let text = try Files.text(page)
      #expect(text.contains("looks up is not told: it names no function find_variable"), "\(text)")

      // Where it is the only one, nothing is started.
      let script = """
        mount --bind /bin/true /bin/bash && PATH=/sbin "$1" run --bash-vars -- /bin/dash -c 'echo started'
        """
      let refused = try Command(
        ["/usr/bin/unshare", "-m", "/bin/dash", "-c", script, "sh", try Requirement.honeyguide()], in: "/"
      ).run()
      #expect(refused.status == 77)
      #expect(refused.outputText == "")
      #expect(
        refused.errorText.contains("the command was not started: what \"/bin/bash\" looks up cannot be told"))
      #expect(refused.errorText.split(separator: "\n").count == 1)
    }
  }
}
