// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

@testable import Report

@Suite struct PageWordsTests {
  @Test(
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1_000, "1.00 µs"), (31_249, "31.2 µs"), (999_499, "999 µs"),
      (999_500, "1.00 ms"), (9_994_999, "9.99 ms"), (9_995_000, "10.0 ms"), (999_499_999, "999 ms"),
      (4_310_000_000, "4.31 s"), (59_949_999_999, "59.9 s"), (59_950_000_000, "1 min 00 s"),
      (125_400_000_000, "2 min 05 s"), (12_000_000_000_000, "3 h 20 min"), (.max, "5 124 095 h 34 min"),
    ] as [(UInt64, String)])
  func aDurationHasThreeDigits(nanoseconds: UInt64, text: String) {
    #expect(Words.duration(nanoseconds) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1 000"), (1_234_567, "1 234 567")])
  func numbersAreGroupedByThree(number: Int, text: String) {
    #expect(Words.count(number) == text)
  }

  @Test func aLongPathLosesItsMiddleFirst() {
    let places = Places(
      SessionStart(
        version: "", command: [], uid: 0, cwd: "/home/ada/site", home: "/home/ada", bootTime: 0, time: 0,
        options: []))
    func text(_ path: ByteString, _ columns: Int) -> String {
      String(decoding: places.text(path, columns: columns), as: UTF8.self)
    }
    let path: ByteString = "/home/ada/site/roles/web/tasks/main.yml"
    #expect(text(path, 80) == "./roles/web/tasks/main.yml")
    #expect(text(path, 25) == "./roles/…/tasks/main.yml")
    #expect(text(path, 20) == "./…/tasks/main.yml")
    #expect(text(path, 12) == "./…/main.yml")
    #expect(text(path, 11) == "…/main.yml")
    #expect(text("/opt/a/b/tool", 10) == "/…/b/tool")
    #expect(text("/opt/a/b/tool", 8) == "/…/tool")
    #expect(text(path, 8) == "main.yml")
    #expect(text(path, 7) == "main.y…")
    #expect(text("/home/ada/.x", 80) == "~/.x")
    #expect(text("/home/ada", 80) == "~")
    #expect(text("/home/ada/site", 80) == ".")
    #expect(text("/home/adam", 80) == "/home/adam")
    #expect(text("/home/ada/site/new/", 80) == "./new/")
    #expect(text("/", 80) == "/")
    #expect(text("relative", 80) == "?/relative")
  }

  @Test func linesGoToThoseThatNeedThem() {
    #expect(Page.shares(of: [2, 100, 100], room: 30) == [2, 14, 14])
    #expect(Page.shares(of: [5, 5], room: 30) == [5, 5])
    #expect(Page.shares(of: [100, 100], weights: [2, 1], room: 30) == [20, 10])
    #expect(Page.shares(of: [100, 1], weights: [1, 9], room: 30) == [29, 1])
  }

  @Test(
    arguments: [
      ("/usr/lib/python3.11/site-packages/x/y.py", "/usr/lib/python3.11"),
      ("/home/ada/site/node_modules/left/pad.js", "/home/ada/site/node_modules"),
      ("/home/ada/site/.git/objects/ab/cdef", "/home/ada/site/.git"),
      ("/lib/x86_64-linux-gnu/libc.so.6", nil), ("/proc/self/maps", nil),
    ] as [(ByteString, ByteString?)])
  func librariesAndTheLikeAreCountedByPlace(path: ByteString, place: ByteString?) throws {
    #expect(try #require(Crowd(path)).place == place)
  }

  @Test(
    arguments: [
      "/home/ada/site/ansible.cfg", "/etc/hosts", "/home/ada/site/.git/config", "/home/ada/lib/tool.py",
      "/srv/procedure",
      "/home/ada/x.sound",
    ] as [ByteString])
  func whatSomebodyAskedAboutIsNamed(path: ByteString) {
    #expect(Crowd(path) == nil)
  }

  @Test(arguments: [
    "/usr/local/lib/site_ruby/3.1.0", "/usr/lib/x86_64-linux-gnu/ruby/3.1.0/rbconfig.rb",
    "/home/ada/.local/share/gem/ruby/3.1.0/specifications",
    "/usr/lib/ruby/vendor_ruby/rubygems.rb",
  ])
  func whatRubyInstallsForItselfIsRubys(path: String) {
    #expect(Crowd(ByteString(path))?.kind == .ruby)
  }

  @Test(arguments: [
    "/usr/local/share/perl/5.36.0/A.pm", "/usr/local/lib/site_perl/A.pm",
    "/usr/local/lib/x86_64-linux-gnu/perl/5.36.0/A.pm",
  ])
  func whatPerlInstallsForItselfIsPerls(path: String) {
    #expect(Crowd(ByteString(path))?.kind == .perl)
  }
}
