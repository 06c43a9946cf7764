// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// Where lines end on pages of various widths.
@Suite struct PageWidthTests {
  private static func lines(_ story: Story, _ columns: Int?) -> [String] {
    PageTests.page(story, "sh", style: PageStyle(columns: columns)).split(separator: "\n").map(String.init)
  }

  /// One process of Python, 12 345 calls of 2 functions.
  private static var python: Story {
    var story = Story()
    story.exec(10, "python3 tool.py")
    story.interpret(10)
    story.function(10, "main", "tool.py", 1, calls: 1, total: 9_000_000, own: 9_000_000)
    story.function(10, "help", "tool.py", 9, calls: 12_344, total: 9_000_000, own: 9_000_000)
    story.exit(10)
    return story
  }

  @Test(arguments: [60, 80, 90]) func aHeadingGoesOnInTheNextLineBetweenItsParts(columns: Int) throws {
    let lines = Self.lines(Self.python, columns)
    let start = try #require(lines.firstIndex { $0.hasPrefix("Where its Python time went") })
    let heading = lines[start] + " " + lines[start + 1].drop { $0 == " " }
    #expect(
      heading
        == "Where its Python time went  18.0 s, waiting included, in 1 process of 3.11.2; 12 345 calls of 2 functions"
    )
    #expect(lines[start + 1].hasPrefix("    "))
  }

  @Test func wideEnoughAHeadingIsOneLine() {
    #expect(
      Self.lines(Self.python, 120).contains(
        "Where its Python time went  18.0 s, waiting included, in 1 process of 3.11.2; 12 345 calls of 2 functions"
      ))
  }

  @Test(arguments: [30, 40, 45, 50, 60, 80, 200])
  func howeverNarrowThePageSaysWhetherAnythingWasLost(columns: Int) {
    let whole = Self.lines(Self.python, columns).prefix(2).joined(separator: "\n")
    #expect(whole.contains("nothing lost"), "\(whole)")
    let end = Self.python.end(losses: [Loss(reason: "ring-full", count: 12_345)])
    let page = Page.render(Self.python.inspection("sh"), end: end, style: PageStyle(columns: columns))
    let some = String(decoding: page, as: UTF8.self).split(separator: "\n").prefix(2).joined(separator: "\n")
    #expect(some.contains("12 345 events lost"), "\(some)")
  }

  @Test func noNumberIsCutInItsMiddle() {
    func cut(_ text: String, _ columns: Int) -> String {
      String(decoding: Line(text).cut(to: columns).pieces.flatMap(\.text), as: UTF8.self)
    }
    let text = "all 12 345 678 of them"
    #expect((5...22).map { cut(text, $0) }.allSatisfy { !$0.contains("12") || $0.contains("12 345 678") })
    #expect(cut(text, 9) == "all …")
    #expect(cut(text, 16) == "all 12 345 678 …")
    #expect(cut("sleep 1000", 9) == "sleep …")
    #expect(cut("release 7 or 8", 10) == "release 7…")
  }

  @Test func aSentenceIsNotBrokenInANumber() {
    var story = Story()
    story.exec(10, "sh")
    story.exit(10)
    for columns in 20..<60 {
      let end = story.end(losses: [Loss(reason: "ring-full", count: 12_345_678)])
      let page = Page.render(story.inspection("sh"), end: end, style: PageStyle(columns: columns))
      let lines = String(decoding: page, as: UTF8.self).split(separator: "\n")
      #expect(lines.contains { $0.contains("Lost: 12 345 678") || $0.contains("  12 345 678") })
    }
  }

  @Test func namesOfLongSearchesStandAboveTheirAttemptsWhereThereIsLittleRoom() {
    var story = Story()
    story.exec(10, "a-program-with-a-name")
    for place in [
      "/home/ada/site/deep/in/the/tree", "/home/ada/.config/somewhere", "/etc/xdg/somewhere/else",
    ] {
      story.miss(10, ByteString(place + "/configuration-of-it.toml"))
    }
    story.exit(10)
    let lines = Self.lines(story, 80)
    let start = lines.firstIndex { $0.hasPrefix("  configuration-of-it.toml") } ?? 0
    #expect(
      lines[start...].prefix(4) == [
        "  configuration-of-it.toml  a-program-with-a-na…",
        "      ✗ ./deep/in/the/tree/configuration-of-it.toml",
        "      ✗ ~/.config/somewhere/configuration-of-it.toml",
        "      ✗ /etc/xdg/somewhere/else/configuration-of-it.toml  none found",
      ])
  }

  @Test(arguments: [60, 80, 100]) func noTwoDirectoriesLookAlike(columns: Int) {
    var story = Story()
    story.exec(10, "sh")
    let trunk = "/srv/application/releases/"
    for release in ["20261127-a", "20261128-b"] {
      for part in ["configuration/production", "configuration/staging"] {
        for file in 0..<9 { story.open(10, ByteString("\(trunk)\(release)/\(part)/settings-\(file).yaml")) }
      }
    }
    story.exit(10)
    let labels = Self.lines(story, columns).filter { $0.contains("/  settings-0.") }.map {
      $0.split(separator: "  ")[0]
    }
    #expect(labels.count == 4)
    #expect(Set(labels).count == 4, "\(labels)")
    #expect(labels.allSatisfy { $0.hasSuffix("/production/") || $0.hasSuffix("/staging/") }, "\(labels)")
  }

  @Test func crowdsInPlacesThatLookAlikeAreToldApart() {
    var story = Story()
    story.exec(10, "node")
    for name in ["client", "server"] {
      story.open(
        10, ByteString("/srv/application/a-long-name-of-a-directory/\(name)/node_modules/x/\(name).js"))
    }
    story.exit(10)
    let page = Self.lines(story, 80).joined(separator: "\n")
    #expect(page.contains("/client/node_modules") && page.contains("/server/node_modules"), "\(page)")
  }

  @Test func whatHasNoRoomAmongTheCountedIsCounted() {
    var story = Story()
    story.exec(10, "sh")
    for number in 0..<40 {
      for file in 0...number { story.open(10, ByteString("/opt/\(number)/lib/python3/\(file).py")) }
    }
    story.exit(10)
    let page = Self.lines(story, 80).joined(separator: "\n")
    // 1 + 2 + … + 40 files in 40 places.
    #expect(page.contains("What it read  820 files"))
    let counts = page.matches(of: #/(\d[\d ]*) (?:Python library files?|others)/#).compactMap {
      Int($0.output.1.filter { $0 != " " })
    }
    #expect(counts.reduce(0, +) == 820, "\(page)")
    #expect(!page.contains("kind"))
  }

  @Test func noNameMakesALineOfThousandsOfColumns() {
    var story = Story()
    let long = String(repeating: "n", count: 4_000)
    story.exec(10, "sh")
    story.miss(10, ByteString("/srv/lone-" + long))
    story.miss(10, ByteString("/etc/\(long).conf"))
    story.miss(10, ByteString("/home/ada/\(long).conf"))
    story.open(10, ByteString("/srv/a/" + long))
    story.open(10, ByteString("/srv/b/" + long), OpenFlags.creatingExclusively)
    story.change(10, .rename, ByteString("/srv/c/" + long), to: ByteString("/srv/d/" + long))
    story.open(10, ByteString("/etc/secret-" + long), error: 13)
    story.read(10, ByteString(long), ByteString(long))
    story.exit(10)
    let lines = Self.lines(story, nil)
    #expect(lines.contains { $0.hasPrefix("  not there  lone-nnn") && $0.hasSuffix("n…") }, "\(lines)")
    #expect(lines.allSatisfy { Printable.columns(Array($0.utf8)) <= 200 }, "\(lines)")
    let full = PageTests.page(story, "sh", style: PageStyle(isFull: true))
    #expect(full.contains("/srv/lone-" + long) && !full.contains("…"))
  }
}
