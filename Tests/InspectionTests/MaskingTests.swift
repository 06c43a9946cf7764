// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

/// Every event that can hold a secret is told without it.
@Suite struct MaskingTests {
  private static func masked(_ body: Event.Body) -> Event.Body {
    var story = Story()
    story.add(10, body)
    story.events[0].maskSecrets()
    return story.events[0].body
  }

  private static func exec(_ argv: [ByteString]) -> Exec {
    Exec(exe: "/usr/bin/tool", filename: "tool", argv: argv, argvSize: 40, cwd: "/")
  }

  @Test func ofAnExecTheArgumentsAreMaskedAndMarked() {
    var expected = Self.exec(["tool", "--token", "***", "x", "PASSWORD=***"])
    expected.redacted = [2, 4]
    let given = Self.exec(["tool", "--token", "abc", "x", "PASSWORD=abc"])
    #expect(Self.masked(.exec(given)) == .exec(expected))
    #expect(Self.masked(.existing(.process(given))) == .existing(.process(expected)))
  }

  @Test func anExecWithoutASecretIsAsItWas() {
    let given = Self.exec(["sort", "-k", "2", "--key=3"])
    #expect(Self.masked(.exec(given)) == .exec(given))
  }

  @Test func anInterpretersArgumentIsMaskedInAScript() {
    var given = Self.exec(["/usr/bin/env", "-S TOKEN=abc python3", "./script"])
    given.script = "./script"
    guard case .exec(let masked) = Self.masked(.exec(given)) else {
      Issue.record("no exec")
      return
    }
    #expect(masked.argv[1] == "-S TOKEN=*** python3")
    #expect(masked.redacted == [1])
  }

  @Test func ofAReadBothValueAndDefaultAreMasked() {
    func read(_ name: ByteString, _ value: ByteString?, _ fallback: ByteString?, isRedacted: Bool)
      -> Event.Body
    {
      var read = EnvironmentRead(
        source: .python, name: name, isSet: value != nil, value: value, fallback: fallback)
      read.isRedacted = isRedacted
      return .environment(read)
    }
    #expect(
      Self.masked(read("API_TOKEN", "abc", "none", isRedacted: false))
        == read("API_TOKEN", "***", "***", isRedacted: true))
    #expect(
      Self.masked(read("DATABASE_URL", "pg://a:b@c/d", nil, isRedacted: false))
        == read("DATABASE_URL", "pg://a:***@c/d", nil, isRedacted: true))
    #expect(
      Self.masked(read("API_TOKEN", nil, nil, isRedacted: false))
        == read("API_TOKEN", nil, nil, isRedacted: false))
    #expect(
      Self.masked(read("HOME", "/root", nil, isRedacted: false))
        == read("HOME", "/root", nil, isRedacted: false))
  }

  /// git asks whether the URL it is to clone is a directory.
  @Test func aURLThatWasAskedForAsAFileIsToldWithoutItsPassword() {
    let asked = PathArgument(requested: "https://a:b@h/x", path: "/home/ada/https:/a:b@h/x")
    let told = PathArgument(requested: "https://a:***@h/x", path: "/home/ada/https:/a:***@h/x")
    #expect(
      Self.masked(.lookup(Lookup(call: "stat", target: asked, error: .noEntry)))
        == .lookup(Lookup(call: "stat", target: told, error: .noEntry)))
    func open(_ target: PathArgument) -> Event.Body {
      .open(Open(target: target, flags: OpenFlags(rawValue: 0), mode: 0, result: .error(.noEntry)))
    }
    #expect(Self.masked(open(asked)) == open(told))
    let failed = FailedExec(target: asked, error: .noEntry)
    #expect(Self.masked(.failedExec(failed)) == .failedExec(FailedExec(target: told, error: .noEntry)))
    let link = Change(
      kind: .symlink, call: "symlink", target: PathArgument(requested: "l", path: "/l"), to: asked)
    var toldLink = link
    toldLink.to = told
    #expect(Self.masked(.change(link)) == .change(toldLink))
    let harmless = PathArgument(requested: "systemd@1:x/y", path: "/systemd@1:x/y")
    #expect(Self.masked(open(harmless)) == open(harmless))
  }

  @Test func theSourceOfAMountIsToldWithoutItsPassword() {
    func mount(_ source: ByteString) -> Event.Body {
      .act(SystemAct(kind: .mount, call: "mount", source: PathArgument(requested: source, path: nil)))
    }
    #expect(Self.masked(mount("https://a:b@h/dav")) == mount("https://a:***@h/dav"))
    #expect(Self.masked(mount("tmpfs")) == mount("tmpfs"))
  }

  @Test func theCommandItselfIsMasked() {
    var start = Story().start("tool", "--password=abc", "x")
    start.maskSecrets()
    #expect(start.command == ["tool", "--password=***", "x"] && start.redacted == [1])
  }
}
