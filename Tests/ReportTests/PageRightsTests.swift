// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of rights that were given to files. Everything is done by user 1000.
@Suite struct PageRightsTests {
  private static let tool: ByteString = "/home/ada/site/tool"

  private static func make(_ story: inout Story, _ path: ByteString = tool) {
    story.open(10, path, OpenFlags.creatingExclusively)
  }

  @Test func whatWasMadeAndIsSetUserIDIsSaidToBe() {
    let page = PageJourneyTests.page { story in
      Self.make(&story)
      story.chmod(10, Self.tool, 0o4755)
    }
    #expect(
      page.contains(
        """
        What it changed  1 path
          created   ./tool
          mode      set-user-id: ./tool

        """), "\(page)")
  }

  @Test func whatWasGivenToAnotherUserIsSaidToBeThough() {
    let page = PageJourneyTests.page { story in
      for name in ["a", "b"] {
        Self.make(&story, ByteString("/home/ada/site/\(name)"))
        story.chown(10, ByteString("/home/ada/site/\(name)"), 33, 34)
      }
      // As tar and cp -p do: to whom it belongs anyway.
      Self.make(&story)
      story.chown(10, Self.tool, 1000, 1000)
      story.chmod(10, Self.tool, 0o644)
    }
    #expect(
      page.contains(
        """
          created   ./  a  b  tool
          owner     uid 33, gid 34: ./  a  b

        """), "\(page)")
  }

  @Test func rightsGoWithTheFileWhateverItIsCalled() {
    let page = PageJourneyTests.page { story in
      story.miss(10, Self.tool)
      Self.make(&story, "/home/ada/site/tool.new")
      story.chown(10, "/home/ada/site/tool.new", 0)
      story.chmod(10, "/home/ada/site/tool.new", 0o6755)
      story.change(10, .rename, "/home/ada/site/tool.new", to: Self.tool)
      // Nobody else has them.
      Self.make(&story, "/home/ada/site/tool.new")
    }
    #expect(page.contains("  mode      set-user-id, set-group-id: ./tool\n"), "\(page)")
    #expect(page.contains("  owner     uid 0: ./tool\n"), "\(page)")
  }

  @Test func aChownTakesBackWhatChmodGave() {
    let page = PageJourneyTests.page { story in
      story.chmod(10, Self.tool, 0o4755)
      story.chown(10, Self.tool, 1000)
    }
    #expect(!page.contains("set-user-id"), "\(page)")
    #expect(page.contains("  mode      4755: ./tool\n"), "\(page)")
  }

  @Test func aFileMadeWithSuchAModeNeedsNoChmod() {
    let page = PageJourneyTests.page { story in
      story.add(
        10,
        .open(
          Open(
            target: PathArgument(requested: Self.tool, path: Self.tool),
            flags: OpenFlags(rawValue: OpenFlags.creatingExclusively), mode: 0o2711, result: .descriptor(3))))
    }
    #expect(page.contains("  mode      set-group-id: ./tool\n"), "\(page)")
  }

  @Test func whatEverybodyMayWriteToIsSaidButNotOfTmpsLike() {
    let page = PageJourneyTests.page { story in
      story.open(10, Self.tool, OpenFlags.writing)
      story.chmod(10, Self.tool, 0o666)
      story.change(10, .mkdir, "/home/ada/site/drop")
      story.chmod(10, "/home/ada/site/drop", 0o1777)
    }
    #expect(page.contains("  wrote     ./tool\n"), "\(page)")
    #expect(page.contains("  mode      writable by all: ./tool\n"), "\(page)")
    #expect(!page.contains("drop/\n  mode"), "\(page)")
  }

  @Test func ofWhatWasThereTheModeIsToldAndWhetherOnlyTheGroupChanged() {
    let page = PageJourneyTests.page { story in
      story.chmod(10, "/home/ada/.netrc", 0o600)
      story.chown(10, "/home/ada/site/x", nil, 8)
      story.chown(10, "/home/ada/site/y", 1000)
    }
    #expect(
      page.contains(
        """
          mode      0600: ~/.netrc
          owner     uid 1000: ./y
          group     gid 8: ./x

        """), "\(page)")
  }

  @Test func whatIsGoneAgainHasNoRights() {
    let page = PageJourneyTests.page { story in
      Self.make(&story)
      story.chmod(10, Self.tool, 0o4755)
      story.change(10, .unlink, Self.tool)
    }
    #expect(!page.contains("set-user-id"), "\(page)")
  }

  @Test func aCrowdHidesNoSetUserIDFile() {
    let page = PageJourneyTests.page { story in
      for name in ["a.so", "b.so"] {
        Self.make(&story, ByteString("/opt/lib/\(name)"))
        story.chmod(10, ByteString("/opt/lib/\(name)"), name == "a.so" ? 0o4755 : 0o755)
      }
    }
    #expect(page.contains("  mode      set-user-id: /opt/lib/a.so\n"), "\(page)")
  }
}
