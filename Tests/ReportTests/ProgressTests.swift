// SPDX-License-Identifier: Apache-2.0
import Report
import Testing

struct ProgressTests {
  @Test func `The line says how long, how many are alive, and how many events there were`() {
    let second: UInt64 = 1_000_000_000
    func line(_ elapsed: UInt64, _ processes: Int, _ events: UInt64, _ lost: UInt64 = 0, width: Int = 79)
      -> String
    {
      ProgressText.line(elapsed: elapsed, processes: processes, events: events, lost: lost, width: width)
    }
    #expect(line(2 * second, 1, 1) == "2 s: 1 process, 1 event")
    #expect(line(59 * second + 999_999_999, 0, 0) == "59 s: 0 processes, 0 events")
    #expect(line(125 * second, 3, 12_345, 6) == "2 min 05 s: 3 processes, 12 345 events, 6 lost")
    #expect(line(125 * second, 3, 12_345, 6, width: 12) == "2 min 05 s: ")
    #expect(line(125 * second, 3, 12_345, 6, width: -1) == "")
  }
}
