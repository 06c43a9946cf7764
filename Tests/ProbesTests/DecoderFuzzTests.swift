// SPDX-License-Identifier: Apache-2.0
import CProbeEvents
import Inspection
import Report
import TestSupport
import Testing

@testable import Probes

/// Records that no kernel would write, by the hundred thousand, through everything that stands behind the ring. That
/// nothing traps is what the run itself shows; a trap takes the whole test program with it.
///
/// The inputs are the same in each run. `HONEYGUIDE_FUZZ=COUNT` makes more of them, `HONEYGUIDE_FUZZ_SEED` others.
struct DecoderFuzzTests {
  private static let count = Requirement.environment("HONEYGUIDE_FUZZ").flatMap { Int($0) } ?? 200_000
  private static let seed = Requirement.environment("HONEYGUIDE_FUZZ_SEED").flatMap { UInt64($0) } ?? 1

  @Test func `every record of the corpus is an event that keeps its promises`() throws {
    var decoder = Decoder(pageSize: 4096)
    var kinds: Set<UInt32> = []
    for record in RecordCorpus.all {
      let event = try decoder.decode(bytes: record)
      kinds.insert(UInt32(record[0]))
      if let event { #expect(EventPromises(event).broken == []) }
      let isAhead = [HG_RECORD_ARGUMENTS, HG_RECORD_ENVIRONMENT, HG_RECORD_URING, HG_RECORD_ARRIVAL]
        .contains { $0.rawValue == UInt32(record[0]) }
      #expect((event == nil) == isAhead)
    }
    // All but HG_RECORD_FILE, which goes another way.
    #expect(kinds.count == 16, "a new kind of record belongs into RecordCorpus")
  }

  @Test func `no record makes an event that breaks a promise, or anything behind it fall`() throws {
    // What is behind the decoder costs more: fewer of the events go there, and in portions as long as a short run's.
    let portion = 2_000
    var events = 0, refused = 0
    for start in stride(from: 0, to: Self.count, by: portion) {
      var decoder = Decoder(pageSize: 4096)
      var kept: [Event] = []
      for index in start..<min(start + portion, Self.count) {
        var random = SplitMix(state: Self.seed &* 0x1_0000_0000 &+ UInt64(index))
        let record = Mutation.record(&random)
        let event: Event?
        do { event = try decoder.decode(bytes: record) } catch is DecodeError {
          refused += 1
          continue
        }
        guard let event else { continue }
        events += 1
        let broken = EventPromises(event).broken
        #expect(broken == [], "input \(index) of seed \(Self.seed): \(record)")
        if index % 8 == 0 { kept.append(event) }
      }
      try digest(kept)
    }
    // So that it is not all one or the other.
    #expect(events > Self.count / 4 && refused > Self.count / 20)
  }

  /// What the session does with events, all of it.
  private func digest(_ events: [Event]) throws {
    let start = SessionStart(
      version: "0", command: ["x"], uid: 0, cwd: "/home", home: "/home/ada", bootTime: 5, time: 1_000,
      options: [])
    let end = SessionEnd(
      status: .code(0), time: 9_000, losses: [Loss(reason: "ring-full", count: 1)],
      events: UInt64(events.count))
    var limits = Limits()
    (limits.paths, limits.processes, limits.connections, limits.moves) = (300, 40, 20, 10)
    var lines: [UInt8] = [], live: [UInt8] = []
    let json = JSONLines { $0.append(to: &lines) }
    let view = Live(color: true) { $0.append(to: &live) }
    var small = Inspection(start, limits: limits), large = Inspection(start)
    try json.start(start)
    try view.start(start)
    for event in events {
      try json.receive(event)
      try view.receive(event)
      small.apply(event)
      large.apply(event)
    }
    try json.finish(end)
    try view.finish(end)

    let story = lines.split(separator: UInt8(ascii: "\n"))
    #expect(lines.last == UInt8(ascii: "\n") && story.count == events.count + 2)
    for line in story {
      let value = try JSON(line)
      #expect(value["event"]?.string != nil)
    }
    #expect(live.split(separator: UInt8(ascii: "\n")).count == events.count)
    for inspection in [small, large] {
      for style in [PageStyle(columns: 80), PageStyle(isFull: true)] {
        let page = Page.render(inspection, end: end, style: style)
        #expect(page.last == UInt8(ascii: "\n"))
        #expect(!page.contains { $0 < 0x20 && $0 != UInt8(ascii: "\n") || $0 == 0x7f })
      }
    }
  }
}

/// Changes to a valid record, or bytes that never were one.
private enum Mutation {
  static func record(_ random: inout SplitMix) -> [UInt8] {
    if random.below(32) == 0 {
      var bytes = (0..<random.below(400)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      // Of a type that there is, or nothing behind that would ever be reached.
      if !bytes.isEmpty { bytes[0] = UInt8(random.below(19)) }
      for index in 1..<8 where index < bytes.count { bytes[index] = 0 }
      return bytes
    }
    var bytes = RecordCorpus.all[random.below(RecordCorpus.all.count)]
    for _ in 0..<random.below(5) where !bytes.isEmpty { mutate(&bytes, &random) }
    return bytes
  }

  private static let edges: [UInt64] = [0, .max, 1 << 63, 1 << 31, .max >> 1, 0x7fff_ffff, 1]

  private static func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    let place = random.below(bytes.count)
    switch random.below(8) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 2: bytes.removeLast(random.below(bytes.count))
    case 3: bytes += (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    case 4: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    case 5: bytes.remove(at: place)
    // Numbers at their edges, of each width.
    default:
      let width = [1, 2, 4, 8][random.below(4)],
        value = edges[random.below(edges.count)]
      let start = place & ~(width - 1)
      for index in 0..<width where start + index < bytes.count {
        bytes[start + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (8 - width + index)))
      }
    }
  }
}

/// Sebastiano Vigna's splitmix64: the same numbers everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  /// From 0 up to, but not including, `limit`.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
}

extension Span<UInt8> {
  fileprivate func append(to bytes: inout [UInt8]) {
    unsafe withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }
}

extension Decoder {
  fileprivate mutating func decode(bytes: [UInt8]) throws -> Event? {
    let span = bytes.span
    return try decode(unsafe span.bytes)
  }
}
