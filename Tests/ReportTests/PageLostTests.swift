// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of files that were moved, and of those that had no name.
@Suite struct PageLostTests {
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
}
