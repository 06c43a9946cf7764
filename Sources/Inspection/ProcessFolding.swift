// SPDX-License-Identifier: Apache-2.0

extension ProcessTable {
  /// What siblings must share to become one, from the least loss to the most.
  private enum Likeness: CaseIterable { case arguments, program, ancestor }

  /// Ends that are so recent that an event may still be on its way are left alone.
  private static let settling = 256

  mutating func foldIfNeeded() {
    guard entries.count > foldAt.entries || bytes > foldAt.bytes else { return }
    var folded = entries
    for likeness in Likeness.allCases {
      folded = fold(folded, likeness)
      if folded.count <= limits.processes / 2, folded.reduce(0, { $0 + $1.bytes }) <= limits.processBytes / 2
      {
        break
      }
    }
    replace(folded)
  }

  /// One pass from parents to children: a process that ended becomes part of an earlier sibling that ended
  /// alike, and its children become that sibling's.
  private func fold(_ processes: [Process], _ likeness: Likeness) -> [Process] {
    let tree = ProcessTree(processes)
    var kept: [Process] = []
    var place = [Int](repeating: 0, count: processes.count)
    var groups: [GroupKey: Int] = [:]
    for position in tree.order {
      var process = processes[position]
      let parent = tree.parents[position].map { place[$0] }
      if let parent { process.parent = kept[parent].id }
      guard isSettled(process) else {
        place[position] = kept.count
        kept.append(process)
        continue
      }
      // What has nothing in common but the ancestor needs no generations either; the root stays itself.
      if likeness == .ancestor, let parent, kept[parent].parent != nil, isSettled(kept[parent]) {
        kept[parent].merge(process, isMixed: true)
        place[position] = parent
        continue
      }
      let key = GroupKey(parent: parent, process, likeness)
      if let group = groups[key] {
        kept[group].merge(process, isMixed: likeness == .ancestor)
        place[position] = group
      } else {
        groups[key] = kept.count
        place[position] = kept.count
        kept.append(process)
      }
    }
    return kept
  }

  private func isSettled(_ process: Process) -> Bool {
    process.exit != nil && process.ended + Self.settling <= ended
  }

  private struct GroupKey: Hashable {
    var parent: Int?
    var names: [[ByteString]] = []
    var status: Exit.Status?

    init(parent: Int?, _ process: Process, _ likeness: Likeness) {
      self.parent = parent
      switch likeness {
      case .arguments:
        names = process.steps.map { step in
          switch step {
          case .exec(let image): [image.exe] + image.argv
          case .search(let search): [search.name] + search.attempts.map(\.path)
          }
        }
        status = process.exit?.status
      case .program:
        names = [[process.images.last.map { ($0.script ?? $0.exe) } ?? process.comm]]
      case .ancestor:
        break
      }
    }
  }
}

extension Process {
  mutating func merge(_ other: Process, isMixed: Bool) {
    var sum = folded ?? Folded(self)
    let added = other.folded ?? Folded(other)
    sum.count += added.count
    sum.statuses.merge(added.statuses) { $0 + $1 }
    // One number each for exit codes and signals: at most 512.
    sum.shortest = min(sum.shortest, added.shortest)
    sum.longest = max(sum.longest, added.longest)
    sum.total &+= added.total
    sum.differ = sum.differ || added.differ || isMixed || images.map(\.argv) != other.images.map(\.argv)
    sum.isMixed = sum.isMixed || isMixed
    folded = sum
    ended = max(ended, other.ended)
    if sum.differ {
      // One example is enough.
      steps = Array(steps.suffix(1))
    }
  }
}

extension Process.Folded {
  init(_ process: Process) {
    let duration = process.exit?.duration ?? 0
    self.init(
      count: 1, statuses: process.exit.map { [$0.status: 1] } ?? [:], shortest: duration, longest: duration,
      total: duration, differ: false, isMixed: false)
  }
}
