// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// Which addresses are told, and in which order.
@Suite struct PageConnectionTests {
  private static func connect(_ story: inout Story, unix path: ByteString, error: Int32? = nil) {
    story.add(
      10,
      .connect(
        Connect(
          transport: .unix(.stream), local: nil, remote: .path(PathArgument(requested: path, path: path)),
          error: error.map { ErrorNumber($0) }, isPending: false, latency: nil)))
  }

  private static func connected(_ story: Story, _ style: PageStyle = PageStyle()) -> [Substring] {
    PageTests.page(story, "tool", style: style)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .drop { !$0.hasPrefix("Where it connected") }.dropFirst().prefix { !$0.isEmpty }
      .map { $0.drop { $0 == " " } }
  }

  @Test(arguments: [false, true])
  func otherHostsComeFirstAndSocketsThatAreNotThereLast(isFull: Bool) {
    var story = Story()
    story.exec(10, "tool")
    Self.connect(&story, unix: "/run/missing", error: 2)
    Self.connect(&story, unix: "/run/forbidden", error: 13)
    Self.connect(&story, unix: "/run/there")
    story.add(
      10,
      .socket(
        .send(
          Send(
            transport: .udp, call: "sendto", local: nil, remote: .internet([192, 0, 2, 53], port: 53),
            error: nil))))
    story.connect(10, [127, 0, 0, 1], 8_080)
    story.connect(10, [192, 0, 2, 1], 443, error: 111)
    story.connect(10, [UInt8](repeating: 0, count: 15) + [1], 8_081)
    story.connect(10, [198, 51, 100, 7], 80)
    story.exit(10)
    let order = Self.connected(story, PageStyle(isFull: isFull)).map { $0.prefix { $0 != " " } }
    #expect(
      order == [
        "192.0.2.1:443", "198.51.100.7:80", "127.0.0.1:8080", "[::1]:8081", "udp", "/run/there",
        "/run/forbidden", "/run/missing",
      ])
  }

  /// Much of everything: each section wants the room of the others.
  @Test(arguments: [nil, 60, 80, 100] as [Int?])
  func howeverFullThePageIsThreeAddressesAreTold(columns: Int?) {
    var story = PageFormTests.crowd(300) { "name-\($0)" }
    for number in 1...300 as ClosedRange<UInt64> {
      story.function(1, "f\(number)", "tool.py", UInt32(number), calls: number, total: number, own: number)
      story.read(1, ByteString("SET_\(number)"), "x")
      story.chmod(1, ByteString("/srv/mode-\(number)"), 0o600)
    }
    story.interpret(1)
    let page = PageFormTests.render(story, PageStyle(columns: columns)).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(page.count { $0.contains("10.1.0.") } >= 3, "\(page.joined(separator: "\n"))")
    #expect(page.contains { $0.contains("more addresses") })
    #expect(page.count <= 61)
  }

  /// What the demonstration does: one connection that matters, a socket that is not there, and what everybody asks.
  @Test(arguments: [nil, 80, 100] as [Int?])
  func theOneConnectionIsTold(columns: Int?) {
    var story = Story()
    story.exec(10, "curl")
    for number in 0..<200 as Range<Int32> {
      story.fork(10, 11 + number)
      story.exec(11 + number, "tool-\(number)")
      story.miss(11 + number, ByteString("/home/ada/site/\(number).conf"))
      story.miss(11 + number, ByteString("/etc/\(number).conf"))
      story.open(11 + number, ByteString("/etc/\(number)/read"))
      story.open(11 + number, ByteString("/srv/\(number)/made"), OpenFlags.creatingExclusively)
      story.read(11 + number, ByteString("SET_\(number)"), "x")
    }
    Self.connect(&story, unix: "/run/uuidd/request", error: 2)
    Self.connect(&story, unix: "/home/ada/agent", error: 2)
    Self.connect(&story, unix: "/run/nscd/socket", error: 2)
    story.connect(10, [127, 0, 0, 1], 42_401)
    let page = PageFormTests.render(story, PageStyle(columns: columns))
    #expect(page.contains("\n  127.0.0.1:42401 "), "\(page)")
  }
}
