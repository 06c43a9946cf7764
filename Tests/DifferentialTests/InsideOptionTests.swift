// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Which options tell what of the inside of programs: the table in docs/events.md.
  @Suite struct InsideOptions {
    /// What there is to be told.
    private static let kinds = ["agent", "python", "libc", "interpreter", "function"]

    @Test(arguments: [
      ("", "agent python libc interpreter function"),
      ("--python calls,env", "agent python libc interpreter function"),
      ("--python calls", "agent libc interpreter function"),
      ("--python env", "agent python libc interpreter"),
      ("--python off", "libc"), ("--no-inject", "libc"),
      ("--no-inject --python calls,env", "libc interpreter function"), ("--no-inject --python env", "libc"),
      ("--no-env", "agent interpreter function"), ("--no-env --python calls", "agent interpreter function"),
      ("--no-env --python env", ""), ("--no-env --python off", ""), ("--no-env --no-inject", ""),
      ("--only env", "agent python libc interpreter"), ("--only env --python calls", "libc"),
      ("--only env --no-env", ""), ("--only env --no-inject", "libc"),
      ("--only python", "agent interpreter function"), ("--only python --python env", ""),
      ("--only python --no-env", "agent interpreter function"),
      ("--only python,env", "agent python libc interpreter function"), ("--only exec", ""),
      ("--only net", ""),
      ("--only open,lookup,change", ""), ("--path /nonexistent", "agent python libc interpreter function"),
      ("--comm nobody", "agent"), ("--uid 12345", "agent"), ("--exe /usr/bin/env", "agent libc"),
      ("--exe /usr/bin/python3", "agent python libc interpreter function"),
      ("--only python --exe /usr/bin/python3", "agent interpreter function"),
    ])
    func eachOptionTellsWhatItSays(options: String, told: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = Requirement.repository.appending("Tests/Programs/inside.py").string
      let page = laboratory.root.appending("page")
      let options = options.split(separator: " ").map(String.init)
      let (outcome, story) = try laboratory.inspect(
        Command(["/usr/bin/python3", "-S", script], in: laboratory.work),
        options: options + ["--page", page.string], injecting: true)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      var found: Set<String> = []
      for line in story.lines {
        switch line.event {
        case "env", "env_all": found.insert(line.json["source"]?.string ?? "")
        case "interpreter", "function": found.insert(line.event)
        default: break
        }
      }
      // By the program's own account.
      let answers = outcome.outputText.split(separator: "\n")
      #expect(answers.count == 2 && Set(answers).count == 1, "both Pythons have the agent, or none")
      if answers.first == "True None" { found.insert("agent") }
      #expect(found == Set(told.split(separator: " ").map(String.init)))

      // Neither is anything lost, nor told that was not asked for.
      if let only = options.firstIndex(of: "--only").map({ options[$0 + 1] }) {
        let groups = Set(only.split(separator: ",").map(String.init))
        let events = Set(story.lines.map(\.event))
        #expect(groups.contains("exec") || events.isDisjoint(with: ["fork", "exec", "exit"]))
        #expect(groups.contains("env") || events.isDisjoint(with: ["env", "env_all"]))
      }
      if found.contains("function") {
        let calls = story.lines.filter {
          $0.event == "function" && $0.bytes("name")?.description == "has_agent"
        }
        #expect(calls.map { $0.integer("calls") } == [1, 1], "one of each Python")
      }
      let text = try Files.text(page)
      #expect(text.contains("nothing lost") && !text.contains("could not be read"))
      #expect(text.contains("Where its Python time went") == found.contains("function"))
      #expect(
        text.contains("Which environment variables") == !found.isDisjoint(with: ["python", "libc"]), "\(text)"
      )
    }
  }
}
