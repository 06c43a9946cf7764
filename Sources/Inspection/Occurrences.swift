// SPDX-License-Identifier: Apache-2.0
/// Things each once, in the order in which they came, with how often. Bounded: past the limit they are counted only.
public struct Occurrences<Item: Hashable & Sendable>: Sendable {
  public struct Entry: Sendable {
    public let item: Item
    public internal(set) var count = 1
    /// Nanoseconds since boot.
    public internal(set) var first: UInt64
  }

  public private(set) var entries: [Entry] = []
  /// How many were not kept.
  public private(set) var omitted = 0
  private var positions: [Item: Int] = [:]
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  mutating func add(_ item: Item, at time: UInt64) {
    if let position = positions[item] {
      entries[position].count += 1
      entries[position].first = min(entries[position].first, time)
    } else if entries.count < limit {
      positions[item] = entries.count
      entries.append(Entry(item: item, first: time))
    } else {
      omitted += 1
    }
  }
}
