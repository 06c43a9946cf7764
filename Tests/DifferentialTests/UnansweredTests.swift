// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What one option asks for and another leaves out is said, on the page and in the events, or on standard error where there is
  /// neither; and nothing is said of what is told.
  @Suite struct Unanswered {
    private static let variables = "--python env asks which variables Python looks up, and"
    private static let byTheAgent = "told by the agent alone"

    /// Of a command that does nothing.
    private static func run(_ options: String) throws -> Command.Outcome {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let words = options.split(separator: " ").map(String.init)
      return try Command(
        [try Requirement.honeyguide(), "run"] + words + ["--", "/bin/true"], in: laboratory.work
      ).run()
    }

    @Test(arguments: [
      ("--python env --no-env", ["\(variables) --no-env leaves them out."]),
      ("--python env --only exec", ["\(variables) --only leaves them out."]),
      ("--python env --only python", ["\(variables) --only", "--only python asks what is called"]),
      (
        "--no-inject --python env",
        ["Which variables Python looks up is \(byTheAgent), which --no-inject keeps out."]
      ),
      ("--only env --no-env", ["--only env asks for look-ups of variables, and --no-env leaves them out."]),
      (
        "--only env --python calls",
        ["--python calls asks what is called inside Python, and --only leaves it out"]
      ),
      (
        "--only python --no-inject",
        ["by the agent, which --no-inject keeps out; from outside with --python calls."]
      ),
      (
        "--only python --python off",
        ["--only python asks what is called inside Python, and --python leaves it out"]
      ),
      ("--top 5 --python off", ["--top is for Python's functions, and their calls are not counted here."]),
      ("--sort calls --no-inject", ["--sort is for Python's functions"]),
      ("--exec-env", ["--exec-env tells in the events and on the full page"]),
      ("--python calls,env", []), ("--no-inject --python calls,env --top 3", []), ("--exec-env --full", []),
      ("--only env", []), ("--only python --sort self", []), ("--python off", []),
      ("--no-inject --no-env", []),
    ])
    func itIsSaid(options: String, notes: [String]) throws {
      let outcome = try Self.run(options)
      #expect(outcome.status == 0)
      let page = outcome.errorText.split { $0.isWhitespace }.joined(separator: " ")
      for note in notes { #expect(page.contains(note), "\(outcome.errorText)") }
      let said = ["asks ", "agent", " is for ", "--exec-env tells"].filter { page.contains($0) }
      #expect(!notes.isEmpty || said.isEmpty, "\(outcome.errorText)")
    }

    /// Without a page.
    @Test(arguments: [
      ("--quiet --top 5", "honeyguide: --top is for the page, which --quiet leaves out.\n"),
      ("--quiet --full", "honeyguide: --full is for the page, which --quiet leaves out.\n"),
      ("--quiet --full --sort self --page page", ""), ("--quiet --exec-env --json events", ""),
    ])
    func itIsSaidOnStandardError(options: String, text: String) throws {
      let outcome = try Self.run(options)
      #expect(outcome.status == 0 && outcome.errorText == text)
    }

    @Test func attachSaysItToo() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let sleeper = try Command(["/bin/sleep", "60"], in: laboratory.work).start()
      defer { sleeper.signal(9) }
      let honeyguide = try laboratory.attach([
        "-p", "\(sleeper.pid)", "--python", "env", "--duration", "100ms",
      ])
      let outcome = try honeyguide.wait()
      let sentence = "Which variables Python looks up is told by the agent alone, which attach does not load."
      #expect(outcome.status == 0 && outcome.errorText == "honeyguide: \(sentence)\n")
      let notes = try laboratory.story().summary["notes"]?.array?.compactMap(\.string)
      #expect(notes == [sentence])
    }
  }
}
