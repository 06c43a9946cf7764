// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of names that came to stand for something else by a rename, and of changes that failed.
@Suite struct PageReplacedTests {
  static let cwd: ByteString = "/home/ada/site/"

  static func write(
    _ story: inout Story, _ part: ByteString, as name: ByteString, _ flags: RenameFlags? = nil
  ) {
    story.open(10, part, OpenFlags.creatingExclusively, isCreated: true)
    rename(&story, part, name, flags)
  }

  static func rename(
    _ story: inout Story, _ from: ByteString, _ to: ByteString, _ flags: RenameFlags?, error: Int32? = nil
  ) {
    var change = Change(
      kind: .rename, call: "renameat2", target: PathArgument(requested: from, path: from),
      to: PathArgument(requested: to, path: to), error: error.map { ErrorNumber($0) })
    change.flags = flags
    story.add(10, .change(change))
  }

  @Test func whatIsWrittenThenRenamedIsCreatedWhereTheNameWasNotThere() {
    let page = PageJourneyTests.page { story in
      story.miss(10, "/home/ada/site/a")
      Self.write(&story, "/home/ada/site/a.part", as: "/home/ada/site/a")
      Self.write(&story, "/home/ada/site/b.part", as: "/home/ada/site/b", .noReplace)
      story.change(10, .mkdir, "/home/ada/site/new")
      Self.write(&story, "/home/ada/site/new/c.part", as: "/home/ada/site/new/c")
      Self.write(&story, "/home/ada/site/d.part", as: "/home/ada/site/d")
    }
    #expect(
      page.contains(
        """
        What it changed  5 paths
          created   ./  a  b  new/c
          wrote     ./d

        """), "\(page)")
  }

  @Test func aNameThatTheRunSawThereIsReplaced() {
    let page = PageJourneyTests.page { story in
      // As mv does it.
      Self.rename(&story, "/home/ada/site/e1", "/home/ada/site/e2", .noReplace, error: 17)
      Self.rename(&story, "/home/ada/site/e1", "/home/ada/site/e2", nil)
      Self.rename(&story, "/home/ada/site/f1", "/home/ada/site/f2", .noReplace)
    }
    #expect(
      page.contains(
        """
        What it changed  2 paths
          renamed   ./e1 → ./e2 (replaced)
                    ./f1 → ./f2

        """), "\(page)")
    #expect(page.contains("What it looked for  all of it was there"), "\(page)")
  }

  @Test func twoThatBecameEachOtherBothStay() {
    let page = PageJourneyTests.page { story in
      Self.rename(&story, "/home/ada/site/x", "/home/ada/site/y", .exchange)
    }
    #expect(page.contains("What it changed  1 path\n  renamed   ./x ↔ ./y\n"), "\(page)")
    #expect(!page.contains("deleted"), "\(page)")
  }

  @Test func aSymbolicLinkThatIsSwitchedIsLinked() {
    let page = PageJourneyTests.page { story in
      story.change(10, .symlink, "/home/ada/site/current", to: "rel2", error: 17)
      story.change(10, .symlink, "/home/ada/site/CuXb1c", to: "rel2")
      Self.rename(&story, "/home/ada/site/CuXb1c", "/home/ada/site/current", nil)
    }
    #expect(page.contains("What it changed  1 path\n  linked    ./current → rel2\n"), "\(page)")
    #expect(!page.contains("wrote"), "\(page)")
  }

  @Test func aChangeThatIsDeniedIsNoLookUp() {
    let page = PageJourneyTests.page { story in
      story.open(10, "/home/ada/site/conf", OpenFlags.creating, error: 13)
      story.change(10, .unlink, "/home/ada/site/old", error: 1)
      story.change(10, .mkdir, "/usr/new", error: 30)
      story.change(10, .rename, "/home/ada/site/a", to: "/etc/a", error: 13)
      story.change(10, .rmdir, "/home/ada/site/full", error: 39)
      story.open(10, "/home/ada/site/full.log", OpenFlags.writing, error: 28)
      story.open(10, "/home/ada/site/full.log", OpenFlags.writing, error: 28)
    }
    #expect(
      page.contains(
        """
        What it changed  nothing, though it was tried
          denied    ./conf  open to write: permission denied  sh
                    ./old  unlink: not permitted  sh
                    /usr/new  mkdir: read-only file system  sh
                    ./a → /etc/a  rename: permission denied  sh
          failed    ./full  rmdir: not empty  sh
                    ./full.log  open to write: disk full ×2  sh

        What it looked for  all of it was there

        """), "\(page)")
  }

  @Test func whatIsDeniedAmongLibrariesIsCountedAndWhatFailsThereIsNot() {
    let page = PageJourneyTests.page { story in
      story.open(10, "/usr/lib/python3/dist-packages/x.py", OpenFlags.writing, error: 13)
      story.open(10, "/dev/tty", OpenFlags.readWriting, error: 6)
      story.change(10, .rmdir, "/home/ada/site/.git/refs/heads/a", error: 39)
      // As flock(1) opens it.
      story.open(10, "/home/ada/site/lock", 0o100, error: 13)
    }
    #expect(
      page.contains(
        """
        What it changed  nothing, though it was tried
          denied    ./lock  open or make: permission denied  sh
          denied    1 Python library file below /usr/lib/python3

        """), "\(page)")
  }

  @Test func aFileThatMayNotBeReadWasRefusedAndIsThere() {
    let page = PageJourneyTests.page { $0.open(10, "/home/ada/site/secret", error: 13) }
    #expect(page.contains("✓ used  • there  ✗ not there, or refused\n"), "\(page)")
    #expect(page.contains("✗ ./secret (permission denied)"), "\(page)")
    #expect(page.contains("What it changed  no file was"), "\(page)")
  }
}
