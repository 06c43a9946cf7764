// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Probes

/// Tables that no agent would write: they are refused, and nothing traps.
struct AgentTableTests {
  /// A header for so many chunks, and chunks of zeros.
  static func table(chunks: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 4096 + 65536 * chunks)
    func put(_ number: UInt32, at place: Int) {
      for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(byte))) }
    }
    for (index, word) in [0x5441_4748, 1, 4096, 65536, UInt32(chunks)].enumerated() {
      put(word, at: index * 4)
    }
    for chunk in 0..<chunks { put(UInt32(chunk % 3 + 1), at: 4096 + chunk * 65536) }
    return bytes
  }

  @Test func `an empty table has nothing in it`() throws {
    let table = try AgentTable(Self.table(chunks: 3))
    #expect(table.functions.isEmpty && table.reads.isEmpty)
  }

  @Test func `a table that was cut, is not finished or of another kind is refused`() {
    let whole = Self.table(chunks: 3)
    #expect(throws: TableError.truncated) { try AgentTable(Array(whole.dropLast())) }
    #expect(throws: TableError.truncated) { try AgentTable([]) }
    #expect(throws: TableError.unfinished) { try AgentTable([0, 0, 0, 0] + whole.dropFirst(4)) }
    #expect(throws: TableError.malformed) { try AgentTable([1] + whole.dropFirst()) }
    var giant = whole
    for place in 16..<24 { giant[place] = 0xff }
    #expect(throws: TableError.malformed) { try AgentTable(giant) }
  }

  @Test func `random bytes in a table never trap`() {
    var generator = SeededNumbers(7)
    let whole = Self.table(chunks: 3)
    var accepted = 0, refused = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<20 {
        // Where heads and first records are, mostly.
        let start = [0, 4096, 4096 + 65536, 4096 + 2 * 65536].randomElement(using: &generator) ?? 0
        bytes[start + Int.random(in: 0..<300, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      if (try? AgentTable(bytes)) == nil { refused += 1 } else { accepted += 1 }
    }
    #expect(accepted > 0 && refused > 0)
  }

  @Test func `names of tables are exact`() throws {
    let name = try #require(TableDirectory.parse("42-1f"))
    #expect(name.pid == 42 && name.created == 0x1f)
    for wrong in [
      "session", "42", "-42-1f", "042-1f", "42-01f", "42-1F", "0-1", "42-1f-", "42-+1f", "99999999999-1",
    ] {
      #expect(TableDirectory.parse(wrong) == nil)
    }
  }

  /// The same numbers for the same seed (splitmix64).
  private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }
}
