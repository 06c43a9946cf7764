// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

/// What the binary answers to its options. Nothing here gets as far as the kernel but where it says so.
@Suite struct CommandLineTests {
  private func honeyguide(_ words: String..., then script: String = "exec \"$@\"") throws -> (
    outcome: Command.Outcome, left: [String]
  ) {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    try laboratory.clean()
    let program = try Requirement.honeyguide()
    var command = Command(["/bin/sh", "-c", script, "sh", program] + words, in: laboratory.work)
    command.limit = .seconds(20)
    let outcome = try command.run()
    let listing = try Command(["/bin/ls"], in: laboratory.work).succeed().outputText
    return (outcome, listing.split(separator: "\n").map(String.init))
  }

  @Test(arguments: ["--help", "-h"]) func `run answers a question for help`(word: String) throws {
    for words in [[word], ["--quiet", word]] {
      let outcome = try Command(
        [try Requirement.honeyguide(), "run"] + words, in: "/"
      ).run()
      #expect(outcome.status == 0)
      #expect(outcome.outputText.contains("USAGE: honeyguide run"))
      #expect(outcome.outputText.contains("--ring-size"))
      #expect(outcome.errorText == "")
    }
  }

  @Test(arguments: ["SUDO_UID=junk", "SUDO_UID=1 SUDO_GID=", "DOAS_USER=no-such-user", "PKEXEC_UID=0x1"])
  func `Nobody runs as root since it is not known who called`(variables: String) throws {
    let user = try Command(["/usr/bin/id", "-u"], in: "/").succeed().outputText
    try #require(user == "0\n", "only root's variables count")
    let (outcome, left) = try honeyguide(
      "run", "--json", "story", "--", "/usr/bin/id", "-u", then: "env \(variables) \"$@\"")
    #expect(outcome.status == 64 && outcome.outputText == "" && left == [])
    #expect(outcome.errorText.contains("--user NAME, --as-root"), "\(outcome.errorText)")
    // This one is run.
    let asRoot = try honeyguide(
      "run", "--quiet", "--as-root", "--", "/usr/bin/id", "-u", then: "env \(variables) \"$@\""
    ).outcome
    #expect(asRoot.status == 0 && asRoot.outputText == "0\n", "\(asRoot.errorText)")
  }

  @Test func `run answers a question for the version as honeyguide does`() throws {
    let ofRun = try honeyguide("run", "--version").outcome
    let ofAll = try honeyguide("--version").outcome
    #expect(ofRun == ofAll)
    #expect(ofRun.status == 0 && ofRun.outputText.contains("."))
  }

  /// What is refused with 64, and a word of the sentence that says so.
  static let mistakes: [(words: [String], says: String)] = [
    (["--jsn", "x", "--", "true"], "no option '--jsn'"),
    ([], "no command"),
    (["--json", "a", "--json", "b", "--", "true"], "--json is given 2 times"),
    (["--page=a", "--page", "a", "--", "true"], "--page is given 2 times"),
    (["--ring-size", "0", "--", "true"], "power of two from 4K to 1G"),
    (["--ring-size", "3", "--", "true"], "power of two from 4K to 1G"),
    (["--ring-size", "99999999999999999999", "--", "true"], "power of two from 4K to 1G"),
    (["--ring-size", "2G", "--", "true"], "power of two from 4K to 1G"),
    (["--buffer", "0", "--", "true"], "from 1M to 64G"),
    (["--buffer", "1023K", "--", "true"], "from 1M to 64G"),
    (["--buffer", "99999999999999999999G", "--", "true"], "from 1M to 64G"),
    (["--json", "", "--", "true"], "An empty name"),
    (["--as-root", "--user", "nobody", "--", "true"], "give one"),
    (["--bash-vars", "--no-env", "--", "true"], "--no-env leaves them out"),
    (["--bash-vars", "--only", "net", "--", "true"], "add env to it"),
    (["--exec-env", "--only", "net", "--", "true"], "add exec to it"),
  ]

  @Test(arguments: mistakes) func `A mistake is one sentence and 64`(words: [String], says: String) throws {
    let outcome = try Command([try Requirement.honeyguide(), "run"] + words, in: "/").run()
    #expect(outcome.status == 64)
    #expect(outcome.errorText.contains(says), "\(outcome.errorText)")
    #expect(outcome.outputText == "")
  }

  /// Swift's static runtime then finds no words on the stack (the binary of `make build`; HONEYGUIDE_BINARY names it).
  @Test func `A preloaded library that sets a variable leaves Honeyguide its words`() throws {
    let compiler = try Requirement.tool("cc", package: "gcc")
    let script = """
      printf '#include <stdlib.h>\nvoid __attribute__((constructor)) begin(void) { setenv("A", "1", 1); }\n' > a.c &&
      \(compiler) -shared -fPIC -o a.so a.c && LD_PRELOAD=$PWD/a.so exec "$@"
      """
    let outcome = try honeyguide("run", "--ring-size", "3", "--", "true", then: script).outcome
    #expect(outcome.status == 64)
    #expect(outcome.errorText.contains("power of two from 4K to 1G"), "\(outcome.errorText)")
    #expect(outcome.outputText == "")
  }

  @Test(arguments: ["--json", "--page"]) func `A pipe that nobody reads is refused at once`(option: String)
    throws
  {
    let outcome = try honeyguide(
      "run", option, "pipe", "--", "touch", "ran", then: "mkfifo pipe && exec \"$@\"")
    #expect(outcome.outcome.status == 64)
    #expect(outcome.outcome.errorText.contains("is a pipe that nobody reads"))
    #expect(outcome.left == ["pipe"])
  }

  @Test func `Standard output that is closed or only to be read is refused`() throws {
    for redirection in [">&-", "1</dev/null"] {
      let outcome = try honeyguide(
        "run", "--json", "-", "--", "touch", "ran", then: "exec \"$@\" \(redirection)")
      #expect(outcome.outcome.status == 64)
      #expect(outcome.outcome.errorText.contains("closed or not open for writing"))
      #expect(outcome.left == [])
    }
  }

  @Test(arguments: ["same", "./same", "link", "hard"])
  func `Two outputs in one file are refused`(name: String) throws {
    let outcome = try honeyguide(
      "run", "--json", "same", "--page", name, "--", "touch", "ran",
      then: "touch same && ln -s same link && ln same hard && exec \"$@\"")
    #expect(outcome.outcome.status == 64)
    #expect(outcome.outcome.errorText.contains("are the same file"))
    #expect(!outcome.left.contains("ran"))
  }

  // MARK: With the kernel

  @Test(.enabled(if: Requirement.kernel, "\(Requirement.sentence)"))
  func `Behind -- every word is the command's`() throws {
    let outcome = try honeyguide("run", "--quiet", "--", "/bin/echo", "-n", "--help", "-h", "--version")
      .outcome
    #expect(outcome.status == 0)
    #expect(outcome.outputText == "--help -h --version")
    #expect(outcome.errorText == "")
  }

  @Test(.enabled(if: Requirement.kernel, "\(Requirement.sentence)"))
  func `The command's words stay as they are, wherever -- is`() throws {
    let cases: [(words: [String], says: String)] = [
      (["--", "/bin/echo", "a", "--", "b"], "a -- b"),
      (["/bin/echo", "a", "--", "b", "--help"], "a -- b --help"),
      (["/bin/echo", "--", "-q"], "-- -q"), (["/bin/echo", "--live", "a", "b"], "--live a b"),
      (["--duration", "9", "/bin/echo", "", "--version", "b"], " --version b"),
    ]
    for (words, says) in cases {
      let outcome = try Command([try Requirement.honeyguide(), "run", "-q"] + words, in: "/").run()
      #expect(outcome.status == 0 && outcome.errorText == "")
      #expect(outcome.outputText == says + "\n")
    }
  }

  /// Of each that takes one a value.
  static let values = [
    "page": "p", "json": "j", "duration": "1s", "top": "1", "sort": "calls", "ring-size": "4K",
    "buffer": "1M",
    "user": "nobody", "python": "off", "only": "net", "path": "/a", "exe": "/b", "comm": "c", "uid": "0",
  ]

  @Test func `The word behind an option that takes one is never taken for the command`() throws {
    let help = try Command([try Requirement.honeyguide(), "help", "run"], in: "/").succeed().outputText
    let named = help.matches(of: #/--([a-z-]+) </#).map { String($0.output.1) }
    #expect(Set(named) == Set(Self.values.keys))
    for (option, value) in Self.values {
      let outcome = try Command(
        [try Requirement.honeyguide(), "run", "--\(option)", value, "--help"], in: "/"
      ).run()
      #expect(outcome.status == 0 && outcome.outputText.contains("USAGE: honeyguide run"), "\(option)")
    }
  }

  @Test(
    .enabled(if: Requirement.kernel, "\(Requirement.sentence)"), arguments: [["--"], []], [1, 2, 60_000])
  func `A command may have tens of thousands of words`(separator: [String], optionsUntilAWord: Int) throws {
    // None is an option, every second one, all but the last.
    let words = (1...60_000).map { ($0 % optionsUntilAWord == 0 ? "" : "-") + "\($0)" }
    var command = Command(
      [try Requirement.honeyguide(), "run", "-q"] + separator + ["/bin/echo"] + words, in: "/")
    command.limit = .seconds(20)
    let outcome = try command.run()
    #expect(outcome.status == 0)
    #expect(outcome.outputText == words.joined(separator: " ") + "\n")
  }

  @Test(.enabled(if: Requirement.kernel, "\(Requirement.sentence)"))
  func `A quiet run writes the page that a file was named for, and nothing else`() throws {
    let (outcome, left) = try honeyguide("run", "--quiet", "--page", "page", "--", "/bin/true")
    #expect(outcome.status == 0)
    #expect(outcome.outputText == "" && outcome.errorText == "")
    #expect(left == ["page"])
  }

  @Test(.enabled(if: Requirement.kernel, "\(Requirement.sentence)"))
  func `The start line has the options alone`() throws {
    let outcome = try honeyguide("run", "-q", "--json=-", "--", "/bin/true").outcome
    #expect(outcome.outputText.contains(#""options":["-q","--json=-"]"#))
  }
}
