// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// Where the page calls users and groups by their names.
@Suite struct UserNameTests {
  private static let names = UserNames(
    passwd: Array(
      """
      root:x:0:0:root:/root:/bin/bash
      toor:x:0:0::/root:/bin/sh
      www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
      # a comment
      broken:x
      :x:34:34::/:
      big:x:4294967296:1::/:
      evil\u{1b}[31m:x:35:35::/:
      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
      """.utf8), group: Array("root:x:0:\nbackup:x:34:\nnogroup:x:65534:ada,bob\n".utf8))

  private static func page(_ names: UserNames = names, _ tell: (inout Story) -> Void) -> String {
    var story = Story()
    story.exec(10, "sh")
    tell(&story)
    story.exit(10)
    var style = PageStyle()
    style.names = names
    return PageTests.page(story, "sh", style: style)
  }

  @Test func aNumberHasTheFirstNameThatTheFilesGiveIt() {
    #expect(Self.names.user(0) == "root (0)")
    #expect(Self.names.user(33) == "www-data (33)")
    #expect(Self.names.user(34) == "uid 34" && Self.names.group(34) == "backup (34)")
    #expect(Self.names.user(35).utf8.allSatisfy { $0 >= 32 } && Self.names.user(35).hasSuffix(" (35)"))
    #expect(Self.names.user(1) == "uid 1" && Self.names.group(1) == "gid 1")
  }

  @Test func aProcessOfSomebodyElseIsNamed() {
    func tell(_ story: inout Story) {
      story.fork(10, 11)
      story.uid = 65534
      story.exec(11, "nginx")
      story.exit(11)
      story.uid = 1000
    }
    let page = Self.page { tell(&$0) }
    #expect(page.contains("nginx  as nobody (65534)\n"), "\(page)")
    let nameless = Self.page(UserNames()) { tell(&$0) }
    #expect(nameless.contains("nginx  as uid 65534\n"), "\(nameless)")
  }

  private static func setID(_ call: String, _ asked: [Int32], _ id: UInt32, error: Int32? = nil) -> Event.Body
  {
    .act(
      SystemAct(
        kind: .setID, call: call, arguments: asked,
        ids: SystemAct.IDs(users: [id, id, 0, id], groups: [id, id, id, id]),
        error: error.map { ErrorNumber($0) }))
  }

  @Test func whatACallChangedToIsNamedWhereItIsThatIndeed() {
    let page = Self.page { story in
      story.add(10, Self.setID("setgid", [65534], 65534))
      story.add(10, Self.setID("setresuid", [33, -1, 0], 33))
      // Of a namespace, where 33 is another; and one that was refused.
      story.add(10, Self.setID("setuid", [33], 100_033))
      story.add(10, Self.setID("setreuid", [33, 33], 33, error: 1))
      // How many groups.
      story.add(10, Self.setID("setgroups", [0], 0))
    }
    for text in [
      "setgid(65534 nogroup)\n", "setresuid(33 www-data, -1, 0 root)\n", "setuid(33)\n",
      "setreuid(33, 33)  not permitted", "setgroups(0)\n",
    ] { #expect(page.contains(text), "\(text)\n\(page)") }
  }

  @Test func whomRootGaveAFileToIsNamed() {
    let page = Self.page { story in
      story.uid = 0
      story.chown(10, "/home/ada/site/a", 33, 34)
      story.chown(10, "/home/ada/site/b", 34, 35)
      story.chown(10, "/home/ada/site/c", nil, 65534)
      story.uid = 1000
      story.chown(10, "/home/ada/site/d", 33)
    }
    for text in [
      "www-data (33), group backup (34): ./a\n", "uid 34, gid 35: ./b\n",
      "  group     nogroup (65534): ./c\n", "uid 33: ./d\n",
    ] { #expect(page.contains(text), "\(text)\n\(page)") }
  }
}
