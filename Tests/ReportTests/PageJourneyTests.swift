// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of files that were moved, and of those that had no name.
@Suite struct PageJourneyTests {
  static func page(_ tell: (inout Story) -> Void) -> String {
    var story = Story()
    story.exec(10, "sh")
    tell(&story)
    story.exit(10)
    return PageTests.page(story, "sh")
  }

  @Test func aFileMovedIntoADirectoryThatIsRemovedIsDeleted() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/tmp/td")
      story.change(10, .rename, "/home/ada/site/p", to: "/tmp/td/p")
      story.change(10, .unlink, "/tmp/td/p")
      story.change(10, .rmdir, "/tmp/td")
    }
    #expect(
      page.contains(
        """
        What it changed  1 path
          deleted   ./p
          and 1 temporary file came and went below /tmp

        """), "\(page)")
  }

  @Test func aDirectoryMovedAndRemovedIsToldByItsName() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/home/ada/site/t")
      story.change(10, .rmdir, "/home/ada/site/t")
      story.change(10, .rename, "/home/ada/site/d", to: "/home/ada/site/t")
      story.change(10, .unlink, "/home/ada/site/t/sub/f")
      story.change(10, .rmdir, "/home/ada/site/t/sub")
      story.change(10, .rmdir, "/home/ada/site/t")
    }
    #expect(page.contains("  deleted   ./d/\n"), "\(page)")
  }

  @Test func whatTheRunMadeAndMovedIsNotDeleted() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/tmp/td")
      story.open(10, "/tmp/td/a", OpenFlags.creatingExclusively)
      story.change(10, .rename, "/tmp/td/a", to: "/tmp/td/b")
      story.change(10, .unlink, "/tmp/td/b")
      story.change(10, .rmdir, "/tmp/td")
    }
    #expect(!page.contains("deleted"), "\(page)")
  }

  @Test func aRenameIsToldBeforeWhatWasWrittenUnderTheOldName() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/cfg", to: "/home/ada/site/cfg.old")
      story.open(10, "/home/ada/site/cfg", OpenFlags.creating)
    }
    #expect(
      page.contains(
        """
        What it changed  2 paths
          renamed   ./cfg → ./cfg.old
          wrote     ./cfg

        """), "\(page)")
  }

  @Test func aFileWithoutANameIsTemporaryWhenItIsTruncatedToo() {
    let page = Self.page { story in
      story.open(10, "/tmp/#123", 0o20200002)
      story.change(10, .truncate, "/tmp/#123")
    }
    #expect(page.contains("and 1 temporary file came and went below /tmp\n"), "\(page)")
    #expect(!page.contains("wrote"), "\(page)")
  }

  @Test func aFileMovedThroughADirectoryIsToldWithAllItsNames() {
    for isRemoved in [false, true] {
      let page = Self.page { story in
        story.change(10, .mkdir, "/home/ada/site/t")
        story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/t/b")
        story.change(10, .rename, "/home/ada/site/t/b", to: "/home/ada/site/e")
        if isRemoved { story.change(10, .rmdir, "/home/ada/site/t") }
      }
      #expect(page.contains("  renamed   ./a → ./t/b → ./e\n"), "\(page)")
      #expect(page.count { $0 == "→" } == 2, "\(page)")
      // The directory, and not the file that went through it.
      #expect(page.contains("1 temporary file came and went") == isRemoved, "\(page)")
      #expect(page.contains("temporary") == isRemoved, "\(page)")
    }
  }

  @Test func aDirectoryTakesWithItWhatWasMovedIntoItAndWhatLiesInIt() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/d/a")
      story.change(10, .rename, "/home/ada/site/d", to: "/home/ada/site/e")
      story.change(10, .rename, "/home/ada/site/e/a", to: "/home/ada/site/b")
      story.change(10, .rename, "/home/ada/site/e/old", to: "/home/ada/site/new")
    }
    #expect(page.contains("./a → ./d/a → ./e/a → ./b\n"), "\(page)")
    #expect(page.contains("./d → ./e\n"), "\(page)")
    #expect(page.contains("./d/old → ./e/old → ./new\n"), "\(page)")
  }

  @Test func whatComesBackToItsNameIsToldAndSoAreVeryManyNames() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/b")
      story.change(10, .rename, "/home/ada/site/b", to: "/home/ada/site/a")
      for number in 0..<9 {
        story.change(
          10, .rename, ByteString("/home/ada/site/n\(number)"),
          to: ByteString("/home/ada/site/n\(number + 1)"))
      }
    }
    #expect(page.contains("  renamed   ./a → ./b → ./a\n"), "\(page)")
    #expect(page.contains("            ./n0 → ./n1 → … 7 more → ./n9\n"), "\(page)")
  }

  @Test func whatWasReplacedByAnotherIsDeletedWhateverItWasCalled() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/b")
      story.change(10, .rename, "/home/ada/site/c", to: "/home/ada/site/b")
    }
    #expect(page.contains("  renamed   ./c → ./b\n"), "\(page)")
    #expect(page.contains("  deleted   ./a\n"), "\(page)")
  }

  @Test func whatTheRunMadeIsToldByWhereItIsAtTheEnd() {
    let page = Self.page { story in
      // A log that is made, put away and made again.
      story.open(10, "/home/ada/site/log", OpenFlags.creatingExclusively)
      story.miss(10, "/home/ada/site/log.1")
      story.change(10, .rename, "/home/ada/site/log", to: "/home/ada/site/log.1")
      story.open(10, "/home/ada/site/log", OpenFlags.creatingExclusively)
      // One that is deleted under its second name.
      story.open(10, "/tmp/x", OpenFlags.creatingExclusively)
      story.change(10, .rename, "/tmp/x", to: "/tmp/y")
      story.change(10, .unlink, "/tmp/y")
    }
    #expect(
      page.contains(
        """
        What it changed  2 paths
          created   ./  log  log.1
          and 1 temporary file came and went below /tmp

        """), "\(page)")
  }

  @Test func whatWasThereBeforeAndIsMadeAnewWasNotMadeWhenItWasMoved() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/cfg", to: "/home/ada/site/cfg.old")
      story.open(10, "/home/ada/site/cfg", OpenFlags.creatingExclusively)
    }
    #expect(page.contains("  renamed   ./cfg → ./cfg.old\n"), "\(page)")
    #expect(page.contains("  created   ./cfg\n"), "\(page)")
  }

  @Test func whatWasDeletedAndMadeAgainIsSaidToBeMadeAnew() {
    let page = Self.page { story in
      story.change(10, .rmdir, "/home/ada/site/build")
      story.change(10, .mkdir, "/home/ada/site/build")
      story.change(10, .unlink, "/home/ada/site/pipe")
      story.change(10, .mknod, "/home/ada/site/pipe")
      story.change(10, .unlink, "/home/ada/site/text")
      story.open(10, "/home/ada/site/text", OpenFlags.creatingExclusively, isCreated: true)
      // Deleted in the end.
      story.change(10, .unlink, "/home/ada/site/gone")
      story.open(10, "/home/ada/site/gone", OpenFlags.creatingExclusively, isCreated: true)
      story.change(10, .unlink, "/home/ada/site/gone")
    }
    #expect(page.contains("  made anew ./  build/  pipe  text\n"), "\(page)")
    #expect(page.contains("  deleted   ./gone\n") && !page.contains("owner"), "\(page)")
  }

  @Test func whatIsWrittenAfterItWasMovedOrLinkedIsWritten() {
    let page = Self.page { story in
      story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/b")
      story.open(10, "/home/ada/site/b", OpenFlags.writing)
      story.change(10, .link, "/home/ada/site/c", to: "/home/ada/site/d")
      story.open(10, "/home/ada/site/d", OpenFlags.writing)
    }
    #expect(page.contains("  wrote     ./  b  d\n"), "\(page)")
    #expect(page.contains("  renamed   ./a → ./b\n"), "\(page)")
    #expect(page.contains("  linked    ./c = ./d\n"), "\(page)")
  }

  @Test func aFileThatGetsItsFirstNameIsCreatedAndOneThatHadOneIsLinked() {
    let page = Self.page { story in
      story.open(10, "/home/ada/site/#77", 0o20200002)
      story.chmod(10, "/home/ada/site/#77", 0o4755)
      story.change(10, .link, "/proc/self/fd/3", to: "/home/ada/site/kept")
      story.open(10, "/home/ada/site/#78", 0o20200002)
      story.open(10, "/home/ada/site/old")
      story.change(10, .link, "/proc/self/fd/3", to: "/home/ada/site/other")
      story.change(10, .link, "/usr/lib/libz.so.1", to: "/home/ada/site/libz")
    }
    #expect(
      page.contains(
        """
        What it changed  3 paths
          created   ./kept
          linked    /proc/self/fd/3 = ./other
                    /usr/lib/libz.so.1 = ./libz
          mode      set-user-id: ./kept
          and 1 temporary file came and went below .

        """), "\(page)")
  }

  @Test func whatIsMovedOutOfACrowdIsNamed() {
    let page = Self.page { story in
      story.change(10, .rename, "/usr/lib/libz.so.1", to: "/home/ada/site/libz")
      story.change(10, .rename, "/home/ada/site/.git/a", to: "/home/ada/site/.git/b")
    }
    #expect(page.contains("  renamed   /usr/lib/libz.so.1 → ./libz\n"), "\(page)")
    #expect(page.contains("  renamed   1 file of Git's own below ./.git\n"), "\(page)")
  }

  @Test func theFullPageHasEachRenameAndEachName() {
    var story = Story()
    story.exec(10, "sh")
    story.open(10, "/tmp/x", OpenFlags.creatingExclusively)
    story.change(10, .rename, "/tmp/x", to: "/tmp/y")
    story.change(10, .rename, "/tmp/y", to: "/tmp/z")
    story.exit(10)
    let page = PageTests.page(story, "sh", style: PageStyle(isFull: true))
    #expect(page.contains("  renamed   /tmp/x → /tmp/y\n  renamed   /tmp/y → /tmp/z\n"), "\(page)")
    #expect(page.contains("    /tmp/x  written, created, renamed  sh\n"), "\(page)")
  }

  @Test func whatWasMadeInADirectoryThatGotAnotherNameIsToldByThat() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/home/ada/site/cache.tmp")
      story.change(10, .mkdir, "/home/ada/site/cache.tmp/v")
      story.open(10, "/home/ada/site/cache.tmp/v/a", OpenFlags.creatingExclusively)
      story.open(10, "/home/ada/site/cache.tmp/gone", OpenFlags.creatingExclusively)
      story.change(10, .unlink, "/home/ada/site/cache.tmp/gone")
      story.change(10, .symlink, "/home/ada/site/cache.tmp/link", to: "v")
      story.change(10, .rename, "/home/ada/site/cache.tmp", to: "/home/ada/site/cache")
      story.open(10, "/home/ada/site/cache/v/a", OpenFlags.writing)
      story.chmod(10, "/home/ada/site/cache/v/a", 0o4755)
    }
    #expect(
      page.contains(
        """
        What it changed  4 paths
          created   ./cache/v/a
          linked    ./cache/link → v
          mode      set-user-id: ./cache/v/a
          and 1 temporary file came and went below ./cache.tmp

        """), "\(page)")
  }

  @Test func anEmptyDirectoryThatGotAnotherNameIsToldToo() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/home/ada/site/a")
      story.change(10, .rename, "/home/ada/site/a", to: "/home/ada/site/b")
      story.change(10, .rename, "/home/ada/site/b", to: "/home/ada/site/c")
    }
    #expect(page.contains("What it changed  1 path\n  created   ./c/\n"), "\(page)")
  }

  @Test func whatWasMadeMovedAndDeletedWithItsDirectoryIsTemporary() {
    let page = Self.page { story in
      story.change(10, .mkdir, "/tmp/a")
      story.open(10, "/tmp/a/x", OpenFlags.creatingExclusively)
      story.change(10, .rename, "/tmp/a", to: "/tmp/b")
      story.change(10, .unlink, "/tmp/b/x")
      story.change(10, .rmdir, "/tmp/b")
    }
    #expect(
      page.contains("What it changed\n  and 2 temporary files came and went below /tmp\n"), "\(page)")
  }

  @Test func aSocketThatWasGivenANameWasMade() {
    let page = Self.page { story in
      for name in ["a", "b"] {
        let path = ByteString("/home/ada/site/\(name).sock")
        story.add(
          10,
          .socket(
            .bind(
              Bind(
                transport: .unix(.stream), local: .path(PathArgument(requested: path, path: path)), error: nil
              ))))
      }
      story.change(10, .unlink, "/home/ada/site/a.sock")
    }
    #expect(
      page.contains(
        """
        What it changed  1 path
          created   ./b.sock
          and 1 temporary file came and went below .

        """), "\(page)")
  }

  @Test func placesOfTemporaryFilesAreNotToldWithinEachOther() {
    let page = Self.page { story in
      for path in ["/tmp/a", "/tmp/b/c", "/tmp/b/d/e", "/home/ada/site/.git/x/y", "/home/ada/site/.git/z"] {
        story.open(10, ByteString(path), OpenFlags.creatingExclusively)
        story.change(10, .unlink, ByteString(path))
      }
    }
    #expect(page.contains("and 5 temporary files came and went below /tmp, ./.git\n"), "\(page)")
  }

  @Test func whatIsMadeInADirectoryThatIsMovedAndRemovedIsNotThere() {
    let page = Self.page { story in
      story.open(10, "/tmp/old/.lock", OpenFlags.creatingExclusively)
      story.change(10, .rename, "/tmp/old", to: "/tmp/garbage")
      story.change(10, .unlink, "/tmp/garbage/.lock")
      story.change(10, .rmdir, "/tmp/garbage")
    }
    #expect(page.contains("What it changed  1 path\n  deleted   /tmp/old/\n"), "\(page)")
    #expect(!page.contains("created"), "\(page)")
  }
}
