// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What holds for every page, whatever was run.
@Suite struct PageFormTests {
  /// Much of everything, with names from `name`.
  static func crowd(_ count: Int, _ name: (Int) -> String) -> Story {
    var story = Story()
    story.exec(1, "root")
    var pid: Int32 = 2
    for number in 0..<count {
      let name = name(number)
      let parent = number % 7 == 0 ? 1 : pid - 1
      story.fork(parent, pid)
      story.failExec(pid, ByteString("/opt/\(name)"))
      story.exec(pid, [ByteString(name), ByteString("--with=\(name)")], exe: ByteString("/usr/bin/\(name)"))
      story.miss(pid, ByteString("/home/ada/site/\(name).conf"))
      story.miss(pid, ByteString("/home/ada/.\(name).conf"))
      story.open(pid, ByteString("/etc/\(name)/\(name).conf"))
      story.miss(pid, ByteString("/srv/\(name)"))
      story.open(pid, ByteString("/etc/secret-\(name)"), error: 13)
      story.open(pid, ByteString("/home/ada/site/\(number % 13)/\(name)/out"), OpenFlags.creatingExclusively)
      story.change(pid, .rename, ByteString("/srv/\(name).1"), to: ByteString("/srv/\(name).2"))
      story.change(pid, .symlink, ByteString("/srv/\(name).3"), to: ByteString("../\(name)"))
      story.change(pid, .unlink, ByteString("/home/ada/\(name)"))
      story.open(pid, ByteString("/usr/lib/python3/\(name).py"))
      story.connect(pid, [10, 1, UInt8(number >> 8 & 255), UInt8(number & 255)], 80, error: 111)
      if number % 50 != 49 { story.exit(pid, .code(Int32(number % 3))) }
      pid += 1
    }
    story.exit(1)
    return story
  }

  static func render(_ story: Story, _ style: PageStyle) -> String {
    let notes = (0..<9).map { "A note, the \($0)th, which has a word or two too many for a narrow page." }
    let end = story.end(losses: [Loss(reason: "ring-full", count: 3)], notes: notes)
    return String(decoding: Page.render(story.inspection("root"), end: end, style: style), as: UTF8.self)
  }

  /// One line for each at least, however little room there is.
  @Test func aSectionWithManyKindsOfThingsTakesItsLinesFromTheOthers() {
    var story = Self.crowd(40) { "name\($0)" }
    for name in ["one", "two", "three"] {
      for place in ["/home/ada/site/", "/home/ada/site/.git/objects/", "/usr/lib/python3/", "/dev/shm/"] {
        let path = ByteString(place + name)
        story.open(1, path, OpenFlags.creatingExclusively)
        story.change(1, .unlink, ByteString(place + name + "2"))
        story.open(1, ByteString(place + name + "2"), OpenFlags.creatingExclusively)
        story.open(1, ByteString(place + name + "3"), OpenFlags.writing)
        story.open(1, ByteString(place + name + "4"), 2)
        story.chmod(1, ByteString(place + name + "5"), 0o600)
        story.chmod(1, ByteString(place + name + "6"), 0o4755)
        story.chown(1, ByteString(place + name + "7"), 33)
        story.change(1, .unlink, ByteString(place + name + "8"))
      }
    }
    let page = Self.render(story, PageStyle(columns: 100))
    for deed in [
      "created", "made anew", "wrote", "opened rw", "renamed", "linked", "mode", "owner", "deleted",
    ] {
      #expect(page.contains("\n  \(deed)"), "\(page)")
    }
    #expect(page.split(separator: "\n", omittingEmptySubsequences: false).count <= 61, "\(page)")
  }

  @Test(arguments: [nil, 20, 40, 80, 160] as [Int?])
  func aPageHasAtMostSixtyLinesAndNoLineIsTooWide(columns: Int?) {
    for story in [
      Self.crowd(300) { "name-\($0)" }, Self.crowd(12) { "名前\($0)-" + String(repeating: "x", count: 90) },
    ] {
      let page = Self.render(story, PageStyle(columns: columns))
      let lines = page.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      #expect(lines.count <= 60)
      #expect(lines.count > 45)
      for heading in [
        "What ran", "Where it connected", "What it read", "What it changed", "What it looked for",
      ] {
        #expect(lines.contains { $0.hasPrefix(heading.prefix(columns.map { $0 - 1 } ?? 99)) })
      }
      if let columns {
        for line in lines where Printable.columns(Array(line.utf8)) > columns {
          Issue.record("\(Printable.columns(Array(line.utf8))) columns: \(line)")
        }
      }
    }
  }

  @Test func whatIsLeftOutIsCounted() {
    let story = Self.crowd(300) { "name-\($0)" }
    let page = Self.render(story, PageStyle())
    #expect(page.contains("more processes; --full shows them"))
    #expect(page.contains("more addresses; --full shows them"))
    #expect(page.contains("more searches; --full shows them"))
    #expect(page.contains("more notes; --full shows them"))
  }

  @Test func theFullPageLeavesNothingOut() {
    let story = Self.crowd(300) { "name-\($0)" }
    let page = Self.render(story, PageStyle(columns: 40, isFull: true))
    for number in 0..<300 {
      #expect(page.contains("name-\(number) --with=name-\(number)"))
      #expect(page.contains("/srv/name-\(number).1 → /srv/name-\(number).2\n"))
      #expect(
        page.contains(
          "✗ ./name-\(number).conf  ✗ ~/.name-\(number).conf  ✓ /etc/name-\(number)/name-\(number).conf\n"))
      #expect(page.contains("10.1.\(number >> 8).\(number & 255):80"))
    }
    #expect(!page.contains("…"))
  }

  @Test func coloursAreOnlyWhereTheyAreWantedAndChangeNothingElse() {
    let story = Self.crowd(30) { "name-\($0)" }
    for columns in [nil, 50, 100] as [Int?] {
      let plain = Self.render(story, PageStyle(columns: columns))
      let coloured = Self.render(story, PageStyle(columns: columns, isColoured: true))
      #expect(!plain.utf8.contains(0x1B))
      #expect(coloured.utf8.contains(0x1B))
      var stripped = coloured
      stripped.replace(try! Regex("\u{1B}\\[[0-9]+m"), with: "")
      #expect(stripped == plain)
    }
  }

  static let hostile: [UInt8] =
    Array("a\nb\rc\td\u{1B}[31m\u{7}\u{8}\u{7F}".utf8) + [0x9B, 0xFF, 0xC3]
    + Array("\u{85}\u{202E}\u{2028}\u{200B}…\\'".utf8)

  @Test(arguments: [
    PageStyle(), PageStyle(columns: 30), PageStyle(columns: 80), PageStyle(columns: 80, isFull: true),
  ])
  func hostileBytesStayOnTheirLineAndAreEscaped(style: PageStyle) throws {
    func story(_ evil: ByteString) -> (Inspection, SessionEnd) {
      func path(_ start: String) -> ByteString { ByteString(Array(start.utf8) + evil.bytes) }
      var story = Story()
      story.cwd = path("/home/ada/")
      story.home = path("/home/")
      story.exec(10, [evil, path("--x=")], exe: path("/bin/"), cwd: story.cwd)
      story.fork(10, 11)
      story.failExec(11, path("/opt/"))
      story.failExec(11, path("/opt/x/"))
      story.exec(11, [path("/bin/sh"), path("./")], exe: "/bin/sh", script: path("./"))
      story.fork(11, 12)
      story.miss(12, path("/etc/a/"))
      story.miss(12, path("/etc/b/"))
      story.miss(12, path("/etc/lone-"))
      story.open(12, path("/etc/refused-"), error: 13)
      story.open(12, path("/etc/dir/"))
      story.open(12, path("/home/lib/python3"))
      story.open(12, path(""))
      story.change(12, .rename, path("/etc/old-"), to: path("/etc/new-"))
      story.change(12, .symlink, path("/etc/link-"), to: evil)
      story.open(12, path("/etc/made-"), OpenFlags.creatingExclusively)
      story.change(12, .unlink, path("/etc/gone-"))
      story.connect(12, [127, 0, 0, 1], 80)
      story.exit(12)
      var start = story.start()
      start.command = [evil]
      let end = story.end(
        losses: [Loss(reason: String(decoding: evil.bytes, as: UTF8.self), count: 1)],
        notes: [String(decoding: evil.bytes, as: UTF8.self)])
      return (Story.reduce(start, story.events), end)
    }
    let (inspection, end) = story(ByteString(Self.hostile))
    let page = Page.render(inspection, end: end, style: style)
    for byte in page { #expect(byte >= 0x20 || byte == 0x0A) }
    let text = try #require(String(validating: page, as: UTF8.self))
    for scalar in text.unicodeScalars where scalar != "\n" {
      let category = scalar.properties.generalCategory
      #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse].contains(category))
    }
    if style.columns == nil || style.isFull {
      // A tame name of the same length when printed makes the same lines: no entry became two.
      var printed: [UInt8] = []
      Printable.appendPath(Self.hostile, to: &printed)
      let (tame, tameEnd) = story(ByteString([UInt8](repeating: UInt8(ascii: "n"), count: printed.count)))
      let lines = Page.render(tame, end: tameEnd, style: style).count { $0 == 0x0A }
      #expect(page.count { $0 == 0x0A } == lines)
    }
  }
}
