// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of signals.
@Suite struct PageActsTests {
  private static func signal(_ other: ProcessID, _ comm: ByteString, isReceived: Bool = false) -> Event.Body {
    .signal(SignalSent(signal: Signal(15), other: other, otherComm: comm, isReceived: isReceived))
  }

  @Test func whoWasSentASignalIsNamedAsWhatItRanThen() {
    var story = Story()
    story.exec(10, "tool")
    story.fork(10, 11)
    story.add(10, Self.signal(story.id(11), "tool"))
    story.exec(11, "python3 a_server_of_a_long_name.py")
    story.add(10, Self.signal(story.id(11), "python3"))
    story.add(10, Self.signal(story.id(11), "python3"))
    // Of others no more is known than what the kernel keeps.
    let stranger = ProcessID(pid: 700, start: 5_000_000)
    story.add(10, Self.signal(stranger, "a_daemon_of_a_l"))
    story.add(10, Self.signal(stranger, "a_daemon_of_a_l", isReceived: true))
    story.exit(11, .signal(15, coreDumped: false))
    story.exit(10)
    let page = PageTests.page(story, "tool")
    #expect(
      page.contains(
        """
        What it did to the system and to other processes
          tool  sent SIGTERM to tool
          tool  sent SIGTERM to a_server_of_a_long_name.py ×2
          tool  sent SIGTERM to a_daemon_of_a_l
          tool  got SIGTERM from a_daemon_of_a_l, which is none of its processes

        """), "\(page)")
  }

  @Test func aSignalThatHoneyguidePassedOnIsNoStrangers() {
    var story = Story()
    story.exec(10, "tool")
    story.fork(10, 11)
    // Who started the command is pid 1 in these stories, and its start is not known there.
    let inspector = ProcessID(pid: 1, start: 5_000_000)
    story.add(10, Self.signal(inspector, "honeyguide", isReceived: true))
    story.add(11, Self.signal(inspector, "honeyguide", isReceived: true))
    // Another one of that name passes nothing on.
    story.add(10, Self.signal(ProcessID(pid: 9, start: 5_000_000), "honeyguide", isReceived: true))
    story.exit(11)
    story.exit(10)
    let page = PageTests.page(story, "tool")
    #expect(
      page.contains(
        """
        What it did to the system and to other processes
          tool  got SIGTERM, passed on by honeyguide ×2
          tool  got SIGTERM from honeyguide, which is none of its processes

        """), "\(page)")
  }
}
