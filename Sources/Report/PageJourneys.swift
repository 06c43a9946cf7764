// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// What was renamed, each thing from its first name to its last, however often it was moved: by itself, or with a directory
/// that it was in.
struct Journeys {
  struct Journey {
    /// Its names in order, the first of them from before it was moved.
    var names: [ByteString]
    /// The run had made it.
    let isOwn: Bool
    fileprivate let first: UInt64
    fileprivate var last: UInt64
    fileprivate var isGone = false

    fileprivate mutating func append(_ name: ByteString, at time: UInt64) {
      names.append(name)
      last = time
    }
  }

  /// Those that are told as renamed, in the order of their first moves.
  private(set) var told: [Journey] = []
  /// What was there before the run and is gone, whatever it was called then: the names from before, a directory's with a
  /// slash at its end.
  private(set) var lost: [ByteString] = []

  private var journeys: [Journey] = []
  /// By the name that it has now.
  private var present: [ByteString: Int] = [:]
  /// Directories that something was moved into, and those above them.
  private var holders: Set<ByteString> = []
  /// Renames of directories, in their order; of what was there before also those of files, which hold nothing.
  private var carriers: [Move] = []
  private var steps: Set<ByteString> = []
  private var results: Set<ByteString> = []
  private var passed: Set<ByteString> = []
  /// Names that something else had before, which is told nowhere else.
  private(set) var replaced: Set<ByteString> = []
  private var linkResults: Set<ByteString> = []
  /// Links that the run made, and where they were moved.
  private(set) var links: [ByteString: ByteString] = [:]

  init(_ files: FileTable, _ traces: Traces) {
    for move in files.moves.sorted(by: { $0.time < $1.time }) where move.kind == .rename && !move.isExchange {
      add(move, files, traces)
    }
    let links = Set(files.moves.lazy.filter { $0.kind != .rename }.map(\.name))
    for index in journeys.indices { settle(index, files, links) }
  }

  /// A name on the way to another that is told.
  func isStep(_ path: ByteString) -> Bool { steps.contains(path) }
  /// What the run made under another name.
  func isResult(_ path: ByteString) -> Bool { results.contains(path) }
  /// A link that the run made under another name: `ln -sf` does so.
  func isLinkResult(_ path: ByteString) -> Bool { linkResults.contains(path) }
  /// A name that something from before the run had for a while.
  func isPassed(_ path: ByteString) -> Bool { passed.contains(path) }
  /// Told by the name from before: what is gone, or was in a directory that is.
  func isLost(_ path: ByteString) -> Bool { nearest(path).map { !$0.isOwn && $0.isGone } ?? false }
  /// Made by the run, and moved, by itself or with a directory above it.
  func isOwn(_ path: ByteString) -> Bool { nearest(path)?.isOwn ?? false }

  /// Where something is at the end that the run made in a directory which was renamed then; also that directory, when the run
  /// had made it.
  /// Nil where it stayed, or went by itself.
  func place(of record: FileRecord) -> ByteString? {
    var path = record.path
    var isGone = record.isGone
    for carrier in carriers where path.isBelow(carrier.from) && record.lastThere <= carrier.time {
      // By this rename; or it was no more when the directory was moved.
      if isGone, path != carrier.from || record.lastGone != carrier.time { return nil }
      isGone = false
      path = ByteString(carrier.to.bytes + path.bytes[carrier.from.count...])
    }
    return path == record.path ? nil : path
  }

  private func nearest(_ path: ByteString) -> Journey? {
    if present.isEmpty { return nil }
    return path.ancestors.lazy.compactMap { present[$0] }.first.map { journeys[$0] }
  }

  // MARK: In the order of the moves

  private mutating func add(_ move: Move, _ files: FileTable, _ traces: Traces) {
    if move.from == move.to { return }
    let index: Int
    if let known = present.removeValue(forKey: move.from) {
      index = known
      journeys[index].append(move.to, at: move.time)
    } else {
      index = journeys.count
      journeys.append(begin(move, files, traces))
    }
    let origin = journeys[index].names.first.flatMap { files[$0] }
    if !journeys[index].isOwn || origin?.counts[.directoryCreated] ?? 0 > 0 { carriers.append(move) }
    if move.isReplacing, present[move.to] == nil, files[move.to].map({ !traces.isMade($0) }) ?? false {
      replaced.insert(move.to)
    }
    // What had this name is no more.
    if let replaced = present.updateValue(index, forKey: move.to) { journeys[replaced].isGone = true }
    if holders.contains(move.from) { carry(move) }
    holders.formUnion(move.to.ancestors.dropFirst())
  }

  private func begin(_ move: Move, _ files: FileTable, _ traces: Traces) -> Journey {
    let isMade = files[move.from].map { traces.isMade($0) && $0.firstCreating <= move.time } ?? false
    var names = [move.from, move.to]
    var isOwn = isMade
    if !isMade {
      isOwn = traces.isInMade(move.from)
      // What lies in a directory that was moved had another name before that.
      for place in move.from.ancestors.dropFirst() {
        guard let carrier = present[place].map({ journeys[$0] }), let origin = carrier.names.first else {
          continue
        }
        names.insert(ByteString(origin.bytes + move.from.bytes[place.count...]), at: 0)
        isOwn = carrier.isOwn
        break
      }
    }
    return Journey(names: names, isOwn: isOwn, first: move.time, last: move.time)
  }

  /// Moves with a directory what was moved into it.
  private mutating func carry(_ move: Move) {
    for (name, index) in present where name != move.from && name.isBelow(move.from) {
      let new = ByteString(move.to.bytes + name.bytes[move.from.count...])
      present[name] = nil
      present[new] = index
      journeys[index].append(new, at: move.time)
      holders.formUnion(new.ancestors.dropFirst())
    }
  }

  // MARK: At the end

  private mutating func settle(_ index: Int, _ files: FileTable, _ links: Set<ByteString>) {
    let journey = journeys[index]
    guard let origin = journey.names.first, let name = journey.names.last else { return }
    let record = files[name]
    if !journey.isOwn { passed.formUnion(journey.names.dropLast()) }
    let isDeleted =
      record.map {
        $0.isGone && $0.counts[.deleted] + $0.counts[.directoryDeleted] > 0 && $0.lastGone >= journey.last
      } ?? false
    if isDeleted || journey.isGone {
      journeys[index].isGone = true
      if journey.isOwn { return leave(journey, files) }
      let isDirectory = isDeleted && record?.counts[.directoryDeleted] ?? 0 > 0
      // A file that was written anew under its name is told by that.
      if !isDirectory, let anew = files[origin], anew.lastThere > journey.first { return }
      lost.append(isDirectory ? ByteString(origin.bytes + [UInt8(ascii: "/")]) : origin)
    } else if journey.isOwn {
      leave(journey, files)
      // A directory is told by its own record: see `place`.
      if files[origin]?.counts[.directoryCreated] ?? 0 > 0 { return }
      if links.contains(origin), files[origin]?.counts[.written] == 0 {
        linkResults.insert(name)
        self.links[origin] = name
      } else {
        results.insert(name)
      }
    } else {
      told.append(journey)
    }
  }

  /// Its names but the last are nothing that stays, unless another has such a name now.
  private mutating func leave(_ journey: Journey, _ files: FileTable) {
    for name in journey.names.dropLast() where files[name]?.lastThere ?? 0 <= journey.last {
      steps.insert(name)
    }
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
