// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What a filter lets pass is what a run without it tells (other tests compare that with strace), less what the rule,
  /// written here once more, leaves out.
  @Suite(.serialized) struct Filters {
    @Test(arguments: ["opens", "lookups", "changes"])
    func ofThePathsThatFitThePrefixesTheLongestDecides(_ name: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program(name), work = laboratory.work.string
      for rules in [["/d"], ["!/d"], ["/", "!/d", "/d/one"], ["/missing", "/d/e"]] {
        let options = rules.map { rule in
          rule.hasPrefix("!") ? "--path=!\(work)\(rule.dropFirst())" : "--path=\(work)\(rule)"
        }
        let all = try tell(laboratory, [program], []), some = try tell(laboratory, [program], options)
        let wanted = all.filter { line in
          guard let paths = line.paths else { return true }
          return paths.contains { isWanted($0, rules, work) }
        }
        #expect(wanted.count < all.count)
        expectSame(some, wanted, laboratory, "\(name) \(rules)")
      }
    }

    @Test func aPrefixIsComparedWithThePathAsItIsToldNotAsItWasAskedFor() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = "cat ./a//./b <x/../a/b; cat //etc/./hostname .//nothing ../work/nothing"
      func paths(_ options: String...) throws -> [String] {
        try laboratory.clean {
          try Files.makeDirectory($0.appending("a"))
          try Files.makeDirectory($0.appending("x"))
          try Files.write([], to: $0.appending("a/b"))
        }
        let command = Command(["/bin/sh", "-c", script], in: laboratory.work)
        return try laboratory.inspect(command, options: ["--only", "open"] + options).story.lines
          .compactMap { $0.bytes("path").map(\.description) }
          .filter { $0.contains("work") || $0.contains("hostname") }
      }
      let work = laboratory.work.string
      #expect(try paths("--path", "a") == ["\(work)/a/b", "\(work)/a/b"])
      #expect(try paths("--path", "/etc/host") == ["/etc/hostname"])
      #expect(try paths("--path", "./nothing") == ["\(work)/nothing"])
      #expect(
        try paths("--path", "..", "--path", "!\(work)/a") == ["\(work)/nothing", "\(work)/../work/nothing"])
    }

    /// With the agent (which is only there where variables are asked for, too) as without.
    @Test(arguments: [false, true])
    func onlyTheChosenKindsOfEventsAreToldAndNothingElseIsLost(injecting: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("changes")
      let kinds: [String: Set<String>] = [
        "exec": ["fork", "exec", "exit"], "open": ["open"], "lookup": ["lookup"],
        "change": [
          "unlink", "rmdir", "mkdir", "rename", "link", "symlink", "truncate", "chmod", "chown", "chdir",
        ],
        "net": ["connect"],
      ]
      let all = try tell(laboratory, ["/bin/sh", "-c", "\(program); exit 3"], [], status: 3)
      for words in ["exec", "open", "lookup", "change", "net", "open,change", "exec,lookup"] {
        let some = try tell(
          laboratory, ["/bin/sh", "-c", "\(program); exit 3"],
          ["--only", words + (injecting ? ",env" : "")], status: 3, injecting: injecting)
        let events = words.split(separator: ",").reduce(into: Set<String>()) {
          $0.formUnion(kinds[String($1)] ?? [])
        }
        let variables: Set = ["env", "env_all"]
        expectSame(
          some.filter { !injecting || !variables.contains($0.event) },
          all.filter { events.contains($0.event) }, laboratory, words)
      }
    }

    @Test(arguments: [false, true]) func processesAreChosenByExecutableNameAndUser(injecting: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      // The name is that of the thread: a shell that executes another program has the other's from then on.
      let script = "cat /etc/hostname; (exec cat /etc/passwd); sh -c 'head -1 /etc/group; :'; exit 4"
      let command = ["/bin/sh", "-c", script]
      let all = try tell(laboratory, command, [], status: 4)
      let cats = all.filter { $0.bytes("comm") == "cat" }
      #expect(cats.count > 10)
      func told(_ options: String...) throws -> [HoneyguideLines.Line] {
        try tell(laboratory, command, options, status: 4, injecting: injecting)
      }
      expectSame(try told("--comm", "cat"), cats, laboratory)
      expectSame(try told("--exe", "/usr/bin/cat"), cats, laboratory)
      let two = all.filter { $0.bytes("comm") == "cat" || $0.bytes("comm") == "head" }
      expectSame(try told("--exe", "/bin/cat", "--exe", "/usr/bin/he"), two, laboratory)
      expectSame(try told("--uid", "65533"), [], laboratory)
      expectSame(try told("--uid", "0"), all, laboratory)
    }

    /// With room for some thirty events: without a filter most are lost, so what is left out cannot have been there.
    @Test func whatIsLeftOutTakesNoRoomInTheRing() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let storm = try laboratory.program("open-storm")
      func lost(_ options: String...) throws -> Int128 {
        try laboratory.clean()
        return try laboratory.inspect(
          Command([storm], in: laboratory.work),
          options: ["--ring-size", "4K"] + options, mayLose: ["ring-full"]
        ).story.summary["lost"]?.integer ?? -1
      }
      #expect(try lost() > 1000)
      #expect(try lost("--path", "!/etc/pass") == 0)
      #expect(try lost("--comm", "nobody") == 0)
      #expect(try lost("--exe", "/nowhere") == 0)
      #expect(try lost("--uid", "65533") == 0)
      #expect(try lost("--only", "exec,lookup,change,net") == 0)
    }

    @Test(arguments: [
      (["--only", "open,files"], "files"), (["--path", ""], "--path"),
      (["--uid", "nobody-here"], "nobody-here"),
      (["--comm", "a-name-of-sixteen"], "15 bytes"), (["--exe", String(repeating: "/x", count: 129)], "256"),
      (["--only", "open", "--only", "exec"], "2 times"),
    ])
    func mistakesAreToldBeforeAnythingStarts(_ options: [String], _ word: String) throws {
      let outcome = try Command(
        [try Requirement.honeyguide(), "run"] + options + ["--", "/bin/true"], in: "/"
      ).run()
      #expect(outcome.status == 64)
      #expect(outcome.errorText.contains(word))
    }

    // MARK: The rule, once more

    private func isWanted(_ path: String, _ rules: [String], _ work: String) -> Bool {
      let fitting = rules.map { rule in
        rule.hasPrefix("!") ? (text: work + rule.dropFirst(), told: false) : (text: work + rule, told: true)
      }.filter { path.hasPrefix($0.text) }
      if let longest = fitting.max(by: { $0.text.count < $1.text.count }) { return longest.told }
      return !rules.contains { !$0.hasPrefix("!") }
    }

    private func tell(
      _ laboratory: Laboratory, _ command: [String], _ options: [String], status: Int32 = 0,
      injecting: Bool = false
    ) throws -> [HoneyguideLines.Line] {
      try laboratory.clean()
      let inspected = try laboratory.inspect(
        Command(command, in: laboratory.work), options: options, injecting: injecting)
      #expect(inspected.outcome.status == status, "\(inspected.outcome.errorText)")
      return inspected.story.lines
    }

    private func expectSame(
      _ some: [HoneyguideLines.Line], _ wanted: [HoneyguideLines.Line], _ laboratory: Laboratory,
      _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let told = texts(some, laboratory), expected = texts(wanted, laboratory)
      let differences = Set(told.keys).union(expected.keys).sorted().filter { told[$0] != expected[$0] }
        .map { "\(told[$0, default: 0]) instead of \(expected[$0, default: 0]): \($0)" }
      #expect(
        differences.isEmpty, "\(what)\n\(differences.prefix(20).joined(separator: "\n"))",
        sourceLocation: sourceLocation)
    }

    /// What lines say, without what differs from run to run.
    private func texts(_ lines: [HoneyguideLines.Line], _ laboratory: Laboratory) -> [String: Int] {
      lines.reduce(into: [:]) { counts, line in
        var words = [line.event, line.error ?? ""]
        words += ["call", "path", "requested", "to", "to_requested", "exe", "filename", "comm"].map { name in
          line.bytes(name).map { laboratory.settled($0.description) } ?? "-"
        }
        words += ["mode", "length", "owner", "code"].map { line.integer($0).map { "\($0)" } ?? "-" }
        counts[words.joined(separator: " "), default: 0] += 1
      }
    }
  }
}

extension HoneyguideLines.Line {
  /// The paths of an event about files; nil for other events, and where a path is not known: such are not left out.
  fileprivate var paths: [String]? {
    let others: Set = ["exec", "fork", "exit", "connect"]
    guard !others.contains(event), let path = bytes("path")?.description else { return nil }
    guard event == "rename" || event == "link" else { return [path] }
    return bytes("to").map { [path, $0.description] }
  }
}

extension Laboratory {
  /// Numbers that the kernel chooses, and this process's own directory of /proc, look alike.
  fileprivate func settled(_ text: String) -> String {
    text.replacing(/\[[0-9]+\]/, with: "[N]").replacing(/\/proc\/[0-9]+/, with: "/proc/N")
      .replacing(/\/dev\/fd\/[0-9]+|\/fd\/[0-9]+/, with: "/fd/N").replacing(/#[0-9]+/, with: "#N")
  }
}
