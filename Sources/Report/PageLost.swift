// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What was there before the run, was moved, and is gone from where it was moved to: deleted, whatever
/// name it had then.
struct Lost {
  /// The names from before, in the order of the moves; a directory's with a slash at its end.
  private(set) var paths: [ByteString] = []
  /// What was there before the run and was moved, by the name it has at the end, with the name from before.
  private var origins: [ByteString: ByteString] = [:]
  /// The old names of what is gone.
  private var gone: Set<ByteString> = []

  init(_ files: FileTable, _ traces: Traces) {
    var order: [ByteString] = []
    for move in files.moves.sorted(by: { $0.time < $1.time }) where move.kind == .rename {
      let isOwn = files[move.from].map { traces.isMade($0) } ?? false || traces.isInMade(move.from)
      guard let origin = origin(of: move.from) ?? (isOwn ? nil : move.from) else { continue }
      origins[move.from] = nil
      origins[move.to] = origin
      order.append(move.to)
    }
    for path in order {
      guard let origin = origins[path], !gone.contains(origin), let record = files[path], record.isGone,
        record.counts[.deleted] + record.counts[.directoryDeleted] > 0
      else { continue }
      gone.insert(origin)
      let isDirectory = record.counts[.directoryDeleted] > 0
      // A file that was written anew under its name is told by that.
      if !isDirectory, let first = files[origin], !first.isGone { continue }
      paths.append(isDirectory ? ByteString(origin.bytes + [UInt8(ascii: "/")]) : origin)
    }
  }

  /// Told by the name from before: what is gone, or was in a directory that is.
  func covers(_ path: ByteString) -> Bool { origin(of: path) != nil && isGone(path) }

  /// One of the moves of what is gone.
  func covers(_ move: Move) -> Bool {
    move.kind == .rename && (gone.contains(move.from) || covers(move.to) || covers(move.from))
  }

  private func isGone(_ path: ByteString) -> Bool {
    path.ancestors.contains { origins[$0].map { gone.contains($0) } ?? false }
  }

  private func origin(of path: ByteString) -> ByteString? {
    if origins.isEmpty { return nil }
    for place in path.ancestors {
      if let origin = origins[place] { return ByteString(origin.bytes + path.bytes[place.count...]) }
    }
    return nil
  }
}

extension ByteString {
  /// The path, and the directories above it, nearest first.
  fileprivate var ancestors: [ByteString] {
    [self]
      + bytes.indices.reversed().filter { bytes[$0] == UInt8(ascii: "/") && $0 > 0 }
      .map { ByteString(bytes[..<$0]) }
  }
}
