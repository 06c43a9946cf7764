// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What a page must not say for certain, and what it tells before the rest.
@Suite struct PageDoubtTests {
  @Test func aCommandThatCouldNotBeExecutedIsToldByItsOwnWords() {
    var story = Story()
    story.failExec(10, "/home/ada/site/bad.sh")
    story.exit(10, .code(127))
    let page = PageTests.page(story, "./bad.sh", "-v")
    #expect(page.contains("  ./bad.sh -v  could not be executed: ENOENT  exit 127\n"))
    #expect(!page.dropFirst(11).contains("honeyguide"))
  }

  @Test func whatALossMayHaveHiddenIsNotSaidForCertain() {
    var story = Story()
    story.fork(10, 11)
    story.fork(10, 12)
    story.miss(10, "/home/ada/.toolrc")
    story.exit(12)
    let end = story.end(losses: [Loss(reason: "ring-full", count: 9)])
    let page = String(
      decoding: Page.render(story.inspection("tool", "-x"), end: end, style: PageStyle()), as: UTF8.self)
    #expect(page.contains("2 processes still run, or their ends were lost."))
    #expect(page.contains("end not seen  tool -x  (its exec was lost)\n"))
    #expect(page.contains("(a fork of tool, or what it executed was lost)\n"))
    #expect(page.contains("  toolrc  tool  ✗ ~/.toolrc  none found\n"))
    #expect(!page.contains("running"))
    #expect(!page.contains("as uid"))
    #expect(!page.dropFirst(11).contains("honeyguide"))
  }

  @Test func whereTheKernelDidNotListTheFirstProcessThePageOfAllSaysSo() {
    func page(first: Bool, _ set: (inout SessionStart) -> Void = { _ in }) -> String {
      var story = Story()
      for pid in first ? [1, 700] : [700] {
        story.add(
          Int32(pid),
          .existing(
            .process(Exec(exe: "/sbin/init", filename: "/sbin/init", argv: ["init"], argvSize: 5, cwd: "/"))))
      }
      var start = story.start()
      start.attached = .all
      set(&start)
      let page = Page.render(Story.reduce(start, story.events), end: story.end(nil), style: PageStyle())
      return String(decoding: page, as: UTF8.self)
    }
    let sentence = "The kernel did not list process 1"
    #expect(page(first: false).contains(sentence), "\(page(first: false))")
    #expect(!page(first: true).contains(sentence), "\(page(first: true))")
    // Where it would not be told anyway, nobody knows.
    #expect(!page(first: false) { $0.filter.groups = [.net] }.contains(sentence))
    #expect(!page(first: false) { $0.filter.comms = ["sh"] }.contains(sentence))
    #expect(!page(first: false) { $0.attached = .cgroup("/x") }.contains(sentence))
  }

  @Test func veryManyArgumentsAreCutWhereNoWidthIsKnown() {
    var story = Story()
    let words = ["true"] + (1...50_000).map { ByteString("\($0)") }
    story.exec(10, words)
    story.exit(10)
    var start = story.start()
    start.command = words
    func render(_ style: PageStyle) -> [UInt8] {
      Page.render(Story.reduce(start, story.events), end: story.end(), style: style)
    }
    let page = render(PageStyle())
    #expect(page.count < 1_000)
    #expect(String(decoding: page, as: UTF8.self).contains("true 1 2 3 4 5 "))
    #expect(String(decoding: page, as: UTF8.self).contains("…"))
    #expect(render(PageStyle(isFull: true)).count > 280_000 / 2)
  }

  @Test func theLoadersProbingIsOneLineAndSettingsAreFirst() throws {
    var story = Story()
    story.exec(10, "git fetch")
    for name in ["tls/libz.so.1", "x86_64/libz.so.1", "glibc-hwcaps/x86-64-v3/libz.so.1", "tls"] {
      story.miss(10, ByteString("/opt/lib/" + name))
    }
    story.miss(10, "/etc/ld.so.preload")
    story.open(10, "/lib/x86_64-linux-gnu/libc.so.6")
    story.fork(10, 11)
    story.exec(11, "curl")
    story.miss(11, "/etc/gnutls/config")
    story.miss(11, "/opt/curl/ca.conf")
    story.miss(11, "/srv/curl/ca.conf")
    story.miss(11, "/home/ada/.curlrc")
    story.exit(11)
    story.miss(10, "/home/ada/.config/git/config")
    story.miss(10, "/home/ada/.gitconfig")
    story.exit(10)
    let page = PageTests.page(story, "git", "fetch")
    #expect(page.contains("  libc, loader and locale: 1 read, 6 not found\n"))
    #expect(!page.contains("tls"))
    let lines = page.split(separator: "\n").drop { !$0.hasPrefix("What it looked for") }.dropFirst()
    #expect(lines.count == 5)
    let words = lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    #expect(words == ["config git", "gitconfig git", "curlrc curl", "ca.conf curl", "libc, loader"])
  }

  @Test func aNameThatSaysNothingIsASearchOfEachProgram() {
    var story = Story()
    story.exec(10, "git fetch")
    story.miss(10, "/home/ada/.config/git/config")
    story.fork(10, 11)
    story.exec(11, "ssh")
    story.miss(11, "/home/ada/.ssh/config")
    story.exit(11)
    story.exit(10)
    let page = PageTests.page(story, "git", "fetch")
    #expect(page.contains("  config  git  ✗ ~/.config/git/config  none found\n"))
    #expect(page.contains("  config  ssh  ✗ ~/.ssh/config  none found\n"))
  }

  @Test func onlyNetSaysNothingOfEndsThatItLeftOut() {
    var story = Story()
    story.exec(10, "tool")
    story.fork(10, 11)
    var start = story.start()
    start.filter.groups = [.net]
    let inspection = Story.reduce(start, story.events)
    let page = String(
      decoding: Page.render(inspection, end: story.end(), style: PageStyle()), as: UTF8.self)
    #expect(page.contains("fork of tool"))
    #expect(!page.contains("end not seen"))
  }
}
