// SPDX-License-Identifier: Apache-2.0

/// Who descends from whom: by fork events, and where one is missing by the parent's pid.
public struct ProcessTree: Sendable {
  public let processes: [Process]
  /// Positions in `processes`, in order of start.
  public let order: [Int]
  public let parents: [Int?]
  /// In order of start.
  public let children: [[Int]]
  public let roots: [Int]

  init(_ processes: [Process]) {
    let order = processes.indices.sorted { processes[$0].id.isOlder(than: processes[$1].id) }
    var byID: [ProcessID: Int] = [:]
    var parents = [Int?](repeating: nil, count: processes.count)
    var children = [[Int]](repeating: [], count: processes.count)
    var roots: [Int] = []
    // In order of start, so that the latest with a pid is the one that had it when the child was forked, and
    // a parent always precedes its children: there is no circle.
    var latest: [Int32: Int] = [:]
    for position in order {
      let process = processes[position]
      let parent = process.parent.flatMap { byID[$0] } ?? latest[process.ppid]
      byID[process.id] = position
      latest[process.id.pid] = position
      parents[position] = parent
      if let parent {
        children[parent].append(position)
      } else {
        roots.append(position)
      }
    }
    self.processes = processes
    self.order = order
    self.parents = parents
    self.children = children
    self.roots = roots
  }
}

extension ProcessTable {
  public var tree: ProcessTree { ProcessTree(entries) }
}
