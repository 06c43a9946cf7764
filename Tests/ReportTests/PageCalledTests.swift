// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of programs and files that were called by another name than their own.
@Suite struct PageCalledTests {
  /// The line of "What ran" for one exec, without its time.
  static func ran(
    _ argv: [ByteString], exe: ByteString, filename: ByteString? = nil, script: ByteString? = nil
  ) -> String {
    var story = Story()
    story.exec(10, "sh")
    story.fork(10, 11)
    story.add(
      11,
      .exec(
        Exec(
          exe: exe, filename: filename ?? exe, argv: argv, argvSize: 0, cwd: story.cwd,
          interpreter: script == nil ? nil : exe, script: script)))
    story.exit(11)
    story.exit(10)
    let page = PageTests.page(story, "sh")
    let line = page.split(separator: "\n").first { $0.contains("└─ ") } ?? ""
    return line.split(separator: "└─ ").last.map { String($0) } ?? page
  }

  @Test func anExecutableThatItsWordsDoNotTellIsNamed() {
    #expect(Self.ran(["git", "status"], exe: "/tmp/evil/git") == "git status  (runs /tmp/evil/git)")
    #expect(
      Self.ran(["/usr/sbin/sshd -D", "x"], exe: "/usr/bin/cat")
        == "'/usr/sbin/sshd -D' x  (runs /usr/bin/cat)")
    #expect(
      Self.ran(["[kworker/0:1]"], exe: "/memfd:x", filename: "/dev/fd/3")
        == "'[kworker/0:1]'  (runs /memfd:x)")
    #expect(Self.ran(["sshd"], exe: "/usr/bin/cat") == "sshd  (runs /usr/bin/cat)")
    #expect(Self.ran(["/usr/bin/git"], exe: "/tmp/evil/git") == "/usr/bin/git  (runs /tmp/evil/git)")
  }

  @Test func whatIsCalledByAnotherNameIsNotFoldedWithTheOthers() {
    var story = Story()
    story.exec(10, "sh")
    for number in 0..<200 {
      story.fork(10, 100 + Int32(number))
      story.exec(100 + Int32(number), number < 100 ? "a\(number) x" : "git x")
      story.exit(100 + Int32(number))
    }
    story.fork(10, 400)
    story.exec(400, "git x", exe: "/tmp/evil/git")
    story.exit(400)
    story.exit(10)
    #expect(PageTests.page(story, "sh").contains("git x  (runs /tmp/evil/git)\n"))
  }

  @Test func ofWhoWasThereBeforeOnlyNamesWithNothingInCommonAreSaid() {
    func ran(_ words: [ByteString], exe: ByteString) -> Bool {
      var story = Story()
      let image = Exec(exe: exe, filename: "", argv: words, argvSize: 0, cwd: story.cwd)
      story.add(10, .existing(.process(image)))
      return PageTests.page(story, "x").contains("  (runs \(exe.text))\n")
    }
    #expect(ran(["[kworker/1:2]", "3"], exe: "/usr/bin/sleep"))
    #expect(ran(["sshd"], exe: "/tmp/x"))
    for (word, exe) in [
      ("sh", "/usr/bin/dash"), ("python3", "/usr/bin/python3.11"), ("awk", "/usr/bin/mawk"),
      ("nginx: master process", "/usr/sbin/nginx"), ("-bash", "/usr/bin/bash"), ("/bin/ls", "/usr/bin/ls"),
    ] as [(ByteString, ByteString)] {
      #expect(!ran([word], exe: exe))
    }
  }

  @Test func whatEverybodyExpectsIsNotSaid() {
    #expect(Self.ran(["ls", "-l"], exe: "/usr/bin/ls") == "ls -l")
    // Links, alternatives, programs with many names, shells that log somebody in.
    #expect(Self.ran(["sh", "-c", "x"], exe: "/usr/bin/dash", filename: "/bin/sh") == "sh -c x")
    #expect(Self.ran(["awk"], exe: "/usr/bin/mawk", filename: "/usr/bin/awk") == "awk")
    #expect(Self.ran(["node"], exe: "/opt/node/bin/node", filename: "/usr/local/bin/node") == "node")
    #expect(Self.ran(["vi"], exe: "/bin/busybox") == "vi")
    #expect(Self.ran(["-bash"], exe: "/usr/bin/bash") == "-bash")
    #expect(Self.ran(["git", "x"], exe: "/usr/bin/git", filename: "/usr/lib/git-core/git") == "git x")
    // What says where it lies.
    #expect(Self.ran(["./tool"], exe: "/home/ada/site/tool", filename: "./tool") == "./tool")
    #expect(Self.ran(["/opt/x/run"], exe: "/opt/x/run-3", filename: "/opt/x/run") == "/opt/x/run")
    #expect(Self.ran(["/bin/ls"], exe: "/usr/bin/ls", filename: "/usr/bin/ls") == "/bin/ls")
    #expect(
      Self.ran(["/bin/sh", "./go"], exe: "/usr/bin/dash", filename: "./go", script: "./go") == "./go")
  }

  @Test func theNameThatAFileWasOpenedByIsToldWithIt() {
    let page = PageJourneyTests.page { story in
      for (asked, path) in [
        ("app.conf", "/home/ada/site/opt/real.conf"), ("plain.conf", "/home/ada/site/plain.conf"),
        ("/etc/app.conf", "/opt/app/app.conf"), ("current/a.yml", "/home/ada/site/rel2/a.yml"),
        ("./../b.conf", "/home/ada/b.conf"), ("/dev/fd/63", "/home/ada/site/given"),
        ("/usr/bin/which", "/usr/bin/which.debianutils"),
      ] as [(ByteString, ByteString)] {
        story.add(
          10,
          .open(
            Open(
              target: PathArgument(requested: asked, path: path), flags: OpenFlags(rawValue: 0), mode: 0,
              result: .descriptor(3))))
      }
    }
    #expect(
      page.contains(
        """
          by link   app.conf → ./opt/real.conf
                    current/a.yml → ./rel2/a.yml
                    /etc/app.conf → /opt/app/app.conf

        """), "\(page)")
  }

  @Test func whatPythonLooksForBesideItselfIsCounted() {
    let page = PageJourneyTests.page { story in
      for name in ["python3.11._pth", "python3._pth", "pybuilddir.txt", "Modules/Setup.local"] {
        story.miss(10, ByteString("/usr/bin/" + name))
      }
    }
    #expect(page.contains("and did not find 4 Python library files\n"), "\(page)")
    #expect(!page.contains("not there  "), "\(page)")
  }

  @Test func thePythonsOwnVariablesComeAfterTheProgramsOwn() throws {
    let page = PageJourneyTests.page { story in
      story.read(10, "PYTHONUNBUFFERED", "1")
      story.read(10, "APP_MODE", "fast")
    }
    let own = try #require(page.firstRange(of: "APP_MODE"))
    let python = try #require(page.firstRange(of: "PYTHONUNBUFFERED"))
    #expect(own.lowerBound < python.lowerBound, "\(page)")
  }

  @Test func aConnectionThatIsTooLongForTheLineGoesOnInTheNext() {
    var story = Story()
    story.exec(10, "a_program_with_a_long_name")
    story.connect(10, [127, 0, 0, 1], 51_475)
    story.add(
      10,
      .socket(
        .close(
          Close(
            transport: .tcp, local: nil, remote: .internet([127, 0, 0, 1], port: 51_475), sent: 150,
            received: 9_000, duration: nil, isFinal: true, isAccepted: false))))
    story.exit(10)
    let page = PageTests.page(story, "a_program_with_a_long_name", style: PageStyle(columns: 60))
    #expect(page.contains("received 9.00 kB"), "\(page)")
    #expect(!page.contains("sent 150 bytes, r…"), "\(page)")
  }

  @Test func withoutExecsAProcessHasOnlyItsName() {
    var story = Story()
    story.fork(9, 10)
    story.connect(10, [127, 0, 0, 1], 80)
    var start = story.start("sh")
    start.filter.groups = [.net]
    let page = String(
      decoding: Page.render(Story.reduce(start, story.events), end: story.end(), style: PageStyle()),
      as: UTF8.self)
    #expect(
      page.contains(
        """
        What ran  by names of threads; what was executed is left out by --only

        """), "\(page)")
    #expect(page.contains("└─ sh\n"), "\(page)")
    #expect(!page.contains("fork of") && !page.contains("process that is called"), "\(page)")
  }

  private static let halves: [(Set<Filter.Group>, String?)] = [
    ([.change], "what opens made or wrote is left out by --only"),
    ([.open], "what was changed without an open (renamed, deleted, …) is left out by --only"),
    ([.open, .change], nil), ([.net], nil),
  ]

  @Test(arguments: halves)
  func whichHalfOfTheChangesIsLeftOutIsSaid(_ groups: Set<Filter.Group>, _ sentence: String?) {
    for isChanged in [false, true] {
      var story = Story()
      story.exec(10, "tool")
      if isChanged, groups.contains(.open) { story.open(10, "/home/ada/site/made", 0o101, isCreated: true) }
      if isChanged, groups.contains(.change) { story.change(10, .mkdir, "/home/ada/site/d") }
      story.exit(10)
      var start = story.start("tool")
      start.filter.groups = groups
      let page = String(
        decoding: Page.render(
          Story.reduce(start, story.events), end: story.end(), style: PageStyle(columns: 160)),
        as: UTF8.self)
      let heading = page.split(separator: "\n").first { $0.hasPrefix("What it changed") } ?? ""
      let what =
        groups == [.net]
        ? "  left out by --only"
        : isChanged
          ? "  \(groups.count) path\(groups.count == 1 ? "" : "s")"
          : sentence == nil ? "  no file was made, written, renamed or deleted" : "  nothing that was told"
      #expect(heading == "What it changed" + what + (sentence.map { "; " + $0 } ?? ""), "\(page)")
    }
  }
}
