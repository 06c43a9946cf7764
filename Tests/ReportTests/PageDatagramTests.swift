// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

/// What the page says of UDP.
@Suite struct PageDatagramTests {
  private static func page(_ tell: (inout Story) -> Void) -> String {
    var story = Story()
    story.exec(10, "tool")
    tell(&story)
    story.exit(10)
    return PageTests.page(story, "tool")
  }

  private static func connect(_ story: inout Story, _ port: UInt16) {
    story.add(
      10,
      .socket(
        .connect(
          Connect(
            transport: .udp, local: nil, remote: .internet([192, 0, 2, 1], port: port), error: nil,
            isPending: false, latency: nil))))
  }

  private static func send(_ story: inout Story, _ port: UInt16, error: Int32? = nil) {
    story.add(
      10,
      .socket(
        .send(
          Send(
            transport: .udp, call: "sendto", local: nil, remote: .internet([192, 0, 2, 1], port: port),
            error: error.map { ErrorNumber($0) }))))
  }

  @Test func whatWasSentToThePeerOfConnectIsSaidToBeSent() {
    let page = Self.page { story in
      Self.connect(&story, 4_433)
      Self.send(&story, 4_433)
      Self.connect(&story, 53)
      Self.send(&story, 53)
    }
    #expect(page.contains("  udp 192.0.2.1:4433  tool  sent to\n"), "\(page)")
    #expect(page.contains("  udp 192.0.2.1:53    tool  name resolution\n"), "\(page)")
  }

  @Test func aPeerToWhichNothingWasSentIsSaidToBeChosenAlone() {
    let page = Self.page { story in
      Self.connect(&story, 4_433)
      Self.connect(&story, 7)
      Self.send(&story, 7, error: 111)
    }
    #expect(page.contains("  udp 192.0.2.1:4433  tool  chosen as peer, no send seen\n"), "\(page)")
    #expect(
      page.contains("  udp 192.0.2.1:7     tool  not sent: refused\n"),
      "\(page)")
  }

  @Test func addressesThatWereComparedAreCountedUnlessSomethingWasSentThere() {
    let page = Self.page { story in
      for port in [443, 444] as [UInt16] {
        Self.connect(&story, port)
        story.connect(10, [192, 0, 2, 1], port)
      }
      Self.send(&story, 444)
    }
    #expect(page.contains("Besides: addresses compared (UDP, no send seen)\n"), "\(page)")
    #expect(page.contains("  udp 192.0.2.1:444  tool  sent to\n"), "\(page)")
  }
}
