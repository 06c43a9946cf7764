// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Inspection
internal import SystemPackage

extension Tracer {
  /// Whom an inspection attaches to.
  enum Scope: Hashable, Sendable {
    /// Those that `choose` names; with the children that they have and will have, or alone.
    case processes(withChildren: Bool)
    /// The control group whose directory has this inode number, and those below it.
    case cgroup(UInt64)
    case all

    /// Hooks besides those of every inspection.
    var hooks: [String] { if case .cgroup = self { ["cgroup_moved"] } else { [] } }
  }

  private static let marker = "mark_task", files = "tell_file"
  private static let describers = ["tell_process", "tell_process_unread"]

  /// Before loading; gives the iterators that are needed.
  static func prepare(
    _ scope: Scope?, _ filter: Filter, _ blueprint: inout Blueprint
  ) throws(BPFError) -> [String] {
    guard let scope else {
      for map in ["chosen", "existing_scratch", "led"] { try blueprint.omit(map: map) }
      return []
    }
    switch scope {
    case .processes(let withChildren):
      try blueprint.set(constant: "scope", to: HG_SCOPE_PROCESSES.rawValue)
      try blueprint.set(constant: "follows_children", to: UInt32(withChildren ? 1 : 0))
    case .cgroup(let number):
      try blueprint.set(constant: "scope", to: HG_SCOPE_CGROUP.rawValue)
      try blueprint.set(constant: "wanted_cgroup", to: number)
    case .all:
      try blueprint.set(constant: "scope", to: HG_SCOPE_ALL.rawValue)
    }
    try blueprint.set(constant: "tells_files", to: UInt32(filter.has(.open) ? 1 : 0))
    try blueprint.set(constant: "tells_sockets", to: UInt32(filter.has(.net) ? 1 : 0))
    return [marker] + (filter.has(.exec) ? [describer] : [])
      + (filter.has(.open) || filter.has(.net) ? [files] : [])
  }

  /// Reading another process's memory takes a helper that is for sleepable programs alone.
  private static var describer: String { describers[KernelFeature.readsOtherMemory.answer == .no ? 1 : 0] }

  /// Names a process of the scope. ESRCH: it has ended.
  func choose(_ pidfd: FileDescriptor) throws(BPFError) {
    try kernel.object.map("chosen").update(pidfd.rawValue, UInt32(1))
  }

  /// Marks all that exist and belong to the scope. Gives how many tasks were met that were not marked before.
  @discardableResult
  func markExisting() throws(BPFError) -> UInt64 {
    let state = try kernel.object.map("attaching"), iterator = try kernel.object.iterator(Self.marker)
    let before = try read(state).met
    var last = before
    // Each round but the last meets somebody: a machine that starts processes faster than they are listed ends this.
    for _ in 0..<64 {
      try undisturbed { () throws(BPFError) in try iterator.run() }
      let now = try read(state).met
      if now == last { break }
      last = now
    }
    return last - before
  }

  /// Describes those that were marked since the last time: hands out records, in no order of time.
  func describeMarked(_ body: (RawSpan) -> Void) throws(BPFError) {
    let map = try kernel.object.map("attaching")
    // Whoever is met from now on is left for the next round.
    var state = try read(map)
    state.telling = state.round
    state.round += 1
    try map.update(UInt32(0), state)
    for program in Self.describers + [Self.files] where kernel.object.hasLoaded(program) {
      let iterator = try kernel.object.iterator(program)
      try undisturbed { () throws(BPFError) in try iterator.forEachChunk { Self.split($0, body) } }
    }
  }

  private func read(_ map: borrowing BPFMap) throws(BPFError) -> hg_attaching {
    try map.lookup(UInt32(0), as: hg_attaching.self) ?? hg_attaching()
  }

  /// Records stand one behind the other, each with its size.
  private static func split(_ chunk: RawSpan, _ body: (RawSpan) -> Void) {
    var offset = 0
    while chunk.byteCount - offset >= MemoryLayout<hg_header>.size {
      // In bounds, and any bytes make a value of these C structs of integers.
      let header = unsafe chunk.unsafeLoadUnaligned(fromByteOffset: offset, as: hg_header.self)
      let end = offset + Int(header.size)
      guard header.size >= MemoryLayout<hg_header>.size, end <= chunk.byteCount else { return }
      body(chunk.extracting(offset..<end))
      offset = end
    }
  }
}
