// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Probes

struct ClockTests {
  @Test func `the offsets of a time namespace are read as the kernel writes them`() {
    let text = "monotonic           3         0\nboottime      1000000 500000000\n"
    #expect(Clock.offset(of: "boottime", in: text) == 1_000_000_500_000_000)
    #expect(Clock.offset(of: "boottime", in: "boottime  -1  250\n") == -999_999_750)
    #expect(Clock.offset(of: "boottime", in: "") == 0)
    #expect(Clock.offset(of: "boottime", in: "boottime x 0\nboottime") == 0)
  }
}
