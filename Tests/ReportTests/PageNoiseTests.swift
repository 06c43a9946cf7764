// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What every program of a kind does, and what only looks like a question for configuration.
@Suite struct PageNoiseTests {
  private static func page(_ style: PageStyle = PageStyle(), _ tell: (inout Story) -> Void) -> String {
    var story = Story()
    story.exec(10, "tool")
    tell(&story)
    story.exit(10)
    return PageTests.page(story, "tool", style: style)
  }

  @Test func whatPerlAsksOfEachDirectoryOfItsModulesIsNoSearch() {
    let page = Self.page { story in
      for place in ["/home/ada/perl", "/opt/perl"] {
        for name in [
          "5.36.0", "5.36.0/x86_64-linux-gnu-thread-multi", "x86_64-linux-gnu-thread-multi", "strict.pmc",
        ] {
          story.miss(10, ByteString(place + "/" + name))
        }
        story.miss(10, ByteString(place + "/strict.pm"))
      }
      story.open(10, "/usr/lib/x86_64-linux-gnu/perl-base/strict.pm")
      // One that is nowhere is worth to be known.
      story.miss(10, "/home/ada/perl/Ours.pm")
      story.miss(10, "/usr/share/perl5/Ours.pm")
    }
    #expect(
      page.contains(
        """
        What it looked for, in the order tried
          not there  ~/perl/Ours.pm
          and did not find 11 Perl library files

        """), "\(page)")
  }

  @Test func aDirectoryForSettingsIsNoSetting() {
    let page = Self.page { story in
      story.miss(10, "/home/ada/.config")
      story.miss(10, "/home/ada/site/etc")
      story.miss(10, "/opt/etc")
      story.miss(10, "/etc/suid-debug")
    }
    #expect(!page.contains("none found"), "\(page)")
    #expect(page.contains("not there  ./etc\n             ~/.config\n             /opt/etc\n"), "\(page)")
    #expect(page.contains("libc, loader and locale: 0 read, 1 not found\n"), "\(page)")
  }

  /// As rsync does: under another name first.
  private static func copy(_ story: inout Story) {
    story.open(10, "/home/ada/site/src/a")
    story.miss(10, "/home/ada/site/dst/a")
    story.open(10, "/home/ada/site/dst/.a.1", OpenFlags.creatingExclusively)
    story.change(10, .rename, "/home/ada/site/dst/.a.1", to: "/home/ada/site/dst/a")
  }

  @Test func whereACopyGoesNobodyLooks() {
    let page = Self.page { story in
      Self.copy(&story)
    }
    #expect(page.contains("What it looked for  all of it was there\n"), "\(page)")
    #expect(page.contains("  created   ./dst/a\n"), "\(page)")
  }

  @Test func aDirectoryThatWasOpenedLikeAFileIsCountedAsOne() {
    let page = Self.page { story in
      story.open(10, "/home/ada/site/src")
      story.open(10, "/home/ada/site/src/a")
    }
    #expect(page.contains("What it read  1 file, and 1 directory\n  ./src/a\n"), "\(page)")
  }

  @Test func whatCameAndWentWasNotRead() {
    let page = Self.page { story in
      story.open(10, "/tmp/cc1.s", OpenFlags.creatingExclusively)
      story.fork(10, 11)
      story.exec(11, "as")
      story.open(11, "/tmp/cc1.s")
      story.exit(11)
      story.change(10, .unlink, "/tmp/cc1.s")
    }
    #expect(page.contains("What it read  no file that it opened itself\n"), "\(page)")
  }

  @Test func manyPlacesOfOneKindAreOneNumber() {
    let page = Self.page(PageStyle(columns: 80)) { story in
      for number in 0..<30 { story.open(10, ByteString("/opt/\(number)/lib/python3/x.py")) }
      story.open(10, "/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache")
      story.open(10, "/usr/lib/locale/locale-archive")
    }
    #expect(
      page.contains(
        """
        What it read  32 files
          30 Python library files (1 below /opt/0/lib/python3),
              2 locale and time zone files

        """), "\(page)")
  }

  @Test func ofAKindInManyPlacesTheOneWithTheMostIsNamed() {
    let page = Self.page(PageStyle(columns: 80)) { story in
      for number in 0..<30 {
        for file in 0...(number == 7 ? 9 : 0) {
          story.open(10, ByteString("/opt/\(number)/lib/python3/\(file).py"))
        }
      }
    }
    #expect(page.contains("  39 Python library files (10 below /opt/7/lib/python3)\n"), "\(page)")
  }

  @Test func aFileThatIsAskedWhetherItIsADirectoryIsNotSought() {
    let page = Self.page { story in
      story.open(10, "/home/ada/site/src/a", OpenFlags.listing, error: 20)
      Self.copy(&story)
    }
    #expect(page.contains("What it looked for  all of it was there\n"), "\(page)")
  }

  @Test func longSentencesGoOnInTheNextLine() {
    let page = Self.page(PageStyle(columns: 60)) { story in
      story.interpret(
        10, nil, method: .none, reason: "it is linked statically, and so its loader never sees LD_PRELOAD")
      for name in ["LC_ALL", "LANG", "LC_TIME", "LC_PAPER"] {
        story.read(10, ByteString(name), "C.UTF-8", source: .libc)
      }
    }
    #expect(
      page.contains(
        "not observed inside in 1 process (tool): it is linked\n      statically, and so its loader never sees LD_PRELOAD\n"
      ), "\(page)")
    #expect(page.contains("LC_PAPER=C.UTF-8\n"), "\(page)")
  }

  @Test func whoStaysTheSameUserChangesNothing() {
    func setID(_ users: [UInt32], _ groups: [UInt32]) -> Event.Body {
      var act = SystemAct(kind: .setID, call: "setresuid", arguments: [-1, Int32(users[1]), -1])
      act.ids = SystemAct.IDs(users: users, groups: groups)
      return .act(act)
    }
    let same = [UInt32](repeating: 1000, count: 4)
    let other: [UInt32] = [1000, 33, 1000, 33]
    let quiet = Self.page { story in for _ in 0..<3 { story.add(10, setID(same, same)) } }
    #expect(!quiet.contains("What it did to the system"), "\(quiet)")
    // Who becomes somebody else and comes back is told of both.
    let told = Self.page { story in
      story.add(10, setID(other, same))
      story.add(10, setID(same, same))
    }
    #expect(
      told.contains("  tool  setresuid(-1, 33, -1)\n  tool  setresuid(-1, 1000, -1)\n"), "\(told)")
  }

  @Test func honeyguidesOwnVariableIsNotTheUsers() {
    let page = Self.page { story in
      story.read(10, "LD_PRELOAD", "/var/lib/honeyguide/75/$LIB/agent.so", source: .libc)
      story.read(10, "TOOL_MODE", "x", source: .libc)
    }
    #expect(page.contains("LD_PRELOAD (Honeyguide's own)\n"), "\(page)")
    let both = Self.page { story in
      story.read(10, "LD_PRELOAD", "/var/lib/honeyguide/75/$LIB/agent.so:/opt/x.so", source: .libc)
    }
    #expect(both.contains("/opt/x.so") || both.contains("LD_PRELOAD  "), "\(both)")
  }

  @Test func whoAsksForAllVariablesDoesNotFillThePage() {
    let page = Self.page { story in
      for number in 0..<40 { story.read(10, ByteString("VARIABLE_\(number)"), "x", source: .libc) }
    }
    #expect(page.contains("  … 25 more variables were set; --full shows them\n"), "\(page)")
  }

  @Test func namesAreToldAlsoWhereThereIsOneLine() {
    let paths: [ByteString] = ["/home/ada/site/a", "/home/ada/site/b", "/etc/c", "/var/d", "/var/e"]
    let view = View(Story().inspection("x"), Story().end(), PageStyle(columns: 80))
    func text(_ lines: [Line]) -> String {
      lines.map { String(decoding: $0.pieces.flatMap(\.text), as: UTF8.self) }.joined()
    }
    #expect(
      text(view.nameLines(paths, label: "created", indent: 12, limit: 1)) == "  created   ./  a  b  +3 more")
    #expect(
      text(
        view.nameLines(["/home/ada/site/a", "/etc/c", "/home/ada/b"], label: "created", indent: 12, limit: 1))
        == "  created   ./a  +2 more")
  }

  @Test func thatThereIsMoreIsSaidAlsoBehindALongName() {
    let view = View(Story().inspection("x"), Story().end(), PageStyle(columns: 40))
    let items = (0..<9).map { _ in Line(String(repeating: "x", count: 34)) }
    let lines = view.flow(items, indent: 6, limit: 2) { "and \($0) more" }
    let last = String(decoding: lines[1].pieces.flatMap(\.text), as: UTF8.self)
    #expect(last.hasSuffix("…  and 7 more") && lines[1].columns <= 40, "\(last)")
  }

  @Test func modulesOfPythonAndCataloguesOfMessagesAreNoSearchesForConfiguration() {
    var story = Story()
    story.exec(10, "gunicorn")
    story.miss(10, "/home/ada/site/encodings/__init__.py")
    story.miss(10, "/home/ada/site/re/__init__.py")
    story.find(10, "/usr/lib/python3.11/encodings/__init__.py")
    story.open(10, "/usr/lib/python3.11/re/__init__.py")
    story.miss(10, "/srv/share/locale/de_DE/LC_MESSAGES/messages.mo")
    story.miss(10, "/srv/share/locale/de/LC_MESSAGES/messages.mo")
    story.miss(10, "/home/ada/site/gunicorn.conf.py")
    story.miss(10, "/etc/gunicorn.conf.py")
    story.exit(10)
    let page = PageTests.page(story, "gunicorn")
    #expect(!page.contains("__init__.py") && !page.contains("messages.mo"), "\(page)")
    #expect(page.contains("and did not find 2 Python library files"), "\(page)")
    #expect(page.contains("✗ ./gunicorn.conf.py  ✗ /etc/gunicorn.conf.py"), "\(page)")
    #expect(
      PageTests.page(story, "gunicorn", style: PageStyle(isFull: true)).contains("LC_MESSAGES/messages.mo"))
  }
}
