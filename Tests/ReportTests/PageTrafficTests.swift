// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// Bytes by file on the page.
@Suite struct PageTrafficTests {
  private static func page(_ style: PageStyle) -> String {
    var story = Story()
    story.exec(10, "sh")
    for (path, read, written) in [
      ("/home/ada/site/a", 5_000, 0), ("pipe:[81234]", 100, 200), ("pipe:[81235]", 100, 0),
      ("socket:[9]", 0, 40), ("anon_inode:[eventfd]", 8, 8),
    ] as [(ByteString, UInt64, UInt64)] {
      story.add(
        10,
        .fileIO(
          FileIO(
            target: PathArgument(requested: nil, path: path), bytesRead: read, bytesWritten: written,
            reads: 1,
            writes: 1)))
    }
    story.exit(10)
    return PageTests.page(story, "sh", style: style)
  }

  @Test func pipesAreOneLine() {
    let page = Self.page(PageStyle())
    #expect(
      page.contains(
        """
        Bytes read and written  5.21 kB read, 248 bytes written
          5.00 kB read                       ./a
          200 bytes read  200 bytes written  2 pipes
                          40 bytes written   1 socket
          8 bytes read    8 bytes written    anon_inode:[eventfd]

        """), "\(page)")
  }

  @Test func onAFullPageEachHasTheNameThatProcHas() {
    let page = Self.page(PageStyle(isFull: true))
    for name in ["pipe:[81234]", "pipe:[81235]", "socket:[9]", "anon_inode:[eventfd]"] {
      #expect(page.contains("  \(name)\n"), "\(page)")
    }
    #expect(!page.contains("?/"))
  }

  @Test(arguments: [
    ("pipe:[1]", true), ("mnt:[4026531841]", true), ("anon_inode:inotify", true), ("pipe:[x]", false),
    ("a/pipe:[1]", false), ("/pipe:[1]", false), (":[1]", false), ("pipe:[]", false), ("file", false),
  ])
  func aNameOfWhatLiesInNoFileSystemIsKnown(name: String, isPseudo: Bool) {
    #expect(ByteString(name).isPseudo == isPseudo)
  }
}
