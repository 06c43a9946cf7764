// SPDX-License-Identifier: Apache-2.0

/// What is left of paths that were folded into their directory.
public struct FoldedDirectory: Sendable {
  /// How many names were folded. One that came again after it was folded is counted twice.
  public internal(set) var names = 0
  public internal(set) var counts = FileCounts()
}

extension FileTable {
  /// Directories kept apart in `folded`.
  private static let directories = 8_192

  mutating func foldIfNeeded() {
    guard records.count > limits.paths || bytes > limits.pathBytes - records.count * Self.fixedBytes
    else { return }
    fold()
    while folded.count > Self.directories { raiseFolded() }
  }

  /// What a record takes beside the bytes counted in `bytes`.
  private static let fixedBytes = MemoryLayout<FileRecord>.stride + 22

  /// Keeps the better half. Since half of the limit is free afterwards, the work for each path is constant.
  private mutating func fold() {
    var crowds: [ByteString: Int] = [:]
    for record in records { crowds[record.path.directory, default: 0] += 1 }
    let scores = records.map { $0.worth(crowd: crowds[$0.path.directory] ?? 1) }
    // Of equals the earlier stays.
    let ranked = records.indices.sorted {
      (scores[$1], records[$0].first, records[$0].path) < (scores[$0], records[$1].first, records[$1].path)
    }
    var isKept = [Bool](repeating: false, count: records.count)
    var room = limits.pathBytes / 2
    for position in ranked.prefix(limits.paths / 2) {
      room -= records[position].bytes + Self.fixedBytes
      if room < 0 { break }
      isKept[position] = true
    }
    // In place, so that for a moment there is not twice as much.
    var kept = 0
    for position in records.indices {
      if isKept[position] {
        if kept < position { records.swapAt(kept, position) }
        kept += 1
      } else {
        let directory = records[position].path.directory
        folded[directory, default: FoldedDirectory()].names += 1
        folded[directory]?.counts.add(records[position].counts)
      }
    }
    records.removeLast(records.count - kept)
    positions.removeAll(keepingCapacity: true)
    for (position, record) in records.enumerated() { positions[record.path] = position }
    bytes = records.reduce(0) { $0 + $1.bytes }
  }

  /// Moves the smaller half of the folded directories into the directories above them.
  private mutating func raiseFolded() {
    let ranked = folded.keys.sorted {
      (folded[$0]?.names ?? 0, $1) < (folded[$1]?.names ?? 0, $0)
    }
    for path in ranked.prefix(ranked.count / 2) where path.count > 1 {
      guard let small = folded.removeValue(forKey: path) else { continue }
      folded[path.directory.isEmpty ? "/" : path.directory, default: FoldedDirectory()].names += small.names
      folded[path.directory.isEmpty ? "/" : path.directory]?.counts.add(small.counts)
    }
  }
}

extension FileRecord {
  /// How much is lost when this one is folded: the more it was used, and the fewer names its directory has.
  /// So a configuration file that was looked for once outlives the ten thousandth file of an archive.
  fileprivate func worth(crowd: Int) -> Int {
    func magnitude(_ number: UInt64) -> Int { UInt64.bitWidth - number.leadingZeroBitCount }
    return 2 * magnitude(counts.total) - magnitude(UInt64(crowd)) + (rights.isWeighty ? 8 : 0)
  }
}
