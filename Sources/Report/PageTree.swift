// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// The process tree as it is shown: siblings that look alike, with all below them, are one node.
struct PageTree {
  struct Node {
    /// The process shown.
    var position: Int
    /// How many processes it stands for.
    var count: Int
    var longest: UInt64
    var isRunning: Bool
    var trouble: Bool
    /// Their arguments differ.
    var differ: Bool
    var children: [Int] = []
    /// Processes below.
    var below = 0
  }
  private(set) var nodes: [Node] = []
  private(set) var roots: [Int] = []
  /// How many nodes are shown when all are.
  private(set) var visible = 0
  private var longest: UInt64 = 0
  let tree: ProcessTree

  /// - Parameters:
  ///   - folding: whether what looks alike becomes one.
  ///   - label: what a process must share with a sibling to look like it.
  ///   - start: when the command was released; what a process waited before does not count.
  init(_ tree: ProcessTree, folding: Bool, start: UInt64, label: (Process) -> [ByteString]) {
    self.tree = tree
    var kinds: [Shape: Int] = [:]
    var kind = [Int](repeating: 0, count: tree.processes.count)
    var node = [Int](repeating: 0, count: tree.processes.count)
    // Children before parents: a process is younger than its parent.
    for position in tree.order.reversed() {
      let process = tree.processes[position]
      let children = merge(tree.children[position], kind: kind, node: node, folding: folding)
      var shape = Shape(label: label(process), status: process.exit?.status)
      for child in children { shape.children.append([kind[nodes[child].position], nodes[child].count]) }
      kind[position] = kinds[shape] ?? kinds.count
      kinds[shape] = kind[position]
      node[position] = nodes.count
      let statuses = process.folded.map { Array($0.statuses.keys) } ?? process.exit.map { [$0.status] } ?? []
      nodes.append(
        Node(
          position: position, count: process.count,
          longest: process.folded?.longest ?? process.duration(since: start), isRunning: process.exit == nil,
          trouble: statuses.contains { Words.trouble($0) != nil }, differ: process.folded?.differ ?? false,
          children: children, below: children.reduce(0) { $0 + nodes[$1].count + nodes[$1].below }))
    }
    roots = merge(tree.roots, kind: kind, node: node, folding: folding)
    var stack = roots
    while let node = stack.popLast() {
      visible += 1
      longest = max(longest, nodes[node].longest)
      stack += nodes[node].children
    }
  }

  private struct Shape: Hashable {
    var label: [ByteString]
    var status: Exit.Status?
    var children: [[Int]] = []
  }

  private mutating func merge(
    _ siblings: [Int], kind: [Int], node: [Int], folding: Bool
  ) -> [Int] {
    var merged: [Int] = []
    var groups: [Int: Int] = [:]
    for sibling in siblings {
      let own = node[sibling]
      guard folding else {
        merged.append(own)
        continue
      }
      if let group = groups[kind[sibling]] {
        absorb(own, into: group)
      } else {
        groups[kind[sibling]] = own
        merged.append(own)
      }
    }
    return merged
  }

  private mutating func absorb(_ other: Int, into group: Int) {
    let added = nodes[other]
    nodes[group].count += added.count
    nodes[group].longest = max(nodes[group].longest, added.longest)
    nodes[group].below += added.below
    let mine = tree.processes[nodes[group].position].images.map(\.argv)
    let theirs = tree.processes[added.position].images.map(\.argv)
    if added.differ || mine != theirs { nodes[group].differ = true }
    // The same shape: child for child.
    for (mine, theirs) in zip(nodes[group].children, added.children) { absorb(theirs, into: mine) }
  }
}

extension Process {
  /// How long it lived, in nanoseconds, without what it lived before `start`.
  fileprivate func duration(since start: UInt64) -> UInt64 {
    let duration = exit?.duration ?? 0
    return duration - min(duration, start - min(start, id.start))
  }
}

extension PageTree {
  /// The most telling nodes, each with all above it: those near the root, of programs not shown yet, that
  /// failed or run, and that took long.
  ///
  /// - Parameter name: what a process's program is called.
  func chosen(_ limit: Int, name: (Process) -> ByteString) -> Set<Int> {
    var chosen: Set<Int> = []
    var shown: [ByteString: Int] = [:]
    var frontier = roots.map { Candidate($0, depth: 0, name: name(tree.processes[nodes[$0].position])) }
    while chosen.count < limit, !frontier.isEmpty {
      // At most `limit` times, over what hangs below the chosen.
      let best = frontier.indices.min { rank(frontier[$0], shown) < rank(frontier[$1], shown) } ?? 0
      let candidate = frontier.remove(at: best)
      chosen.insert(candidate.node)
      shown[candidate.name, default: 0] += 1
      frontier += nodes[candidate.node].children.map {
        Candidate($0, depth: candidate.depth + 1, name: name(tree.processes[nodes[$0].position]))
      }
    }
    return chosen
  }

  private struct Candidate {
    var node: Int
    var depth: Int
    var name: ByteString

    init(_ node: Int, depth: Int, name: ByteString) {
      self.node = node
      self.depth = depth
      self.name = name
    }
  }

  private func rank(_ candidate: Candidate, _ shown: [ByteString: Int]) -> (Int, UInt64, Int) {
    let node = nodes[candidate.node]
    let repeats = min(shown[candidate.name] ?? 0, 3)
    let isTrivial = node.children.isEmpty && node.longest < longest / 1_000
    return (
      candidate.depth + repeats + (isTrivial ? 1 : 0) - (node.trouble || node.isRunning ? 1 : 0),
      .max - node.longest,
      candidate.node
    )
  }
}
