// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import Inspection
internal import SystemPackage

/// The uprobes that tell which variables programs look up (Programs/variables.h).
///
/// They run for every process of the machine that calls these functions while they are attached; a process that is not
/// followed pays for the trap and no more.
final class VariableProbes: Sendable {
  private let attached: [Box]

  private final class Box: Sendable {
    let uprobes: Uprobes
    init(_ uprobes: consuming Uprobes) { self.uprobes = uprobes }
  }

  private static let both = "variable_looked_up", entry = "variable_asked", exit = "variable_answered"
  private static let maps = ["questions"]

  /// Before loading: leaves out what nobody is to use.
  static func omit(from blueprint: inout Blueprint) throws(BPFError) {
    for map in maps { try blueprint.omit(map: map) }
  }

  /// Before loading; gives the programs that are needed.
  static func prepare(_ blueprint: inout Blueprint) throws(BPFError) -> [String] {
    guard !UprobeMechanism.hasSessions else {
      try blueprint.prepare(uprobe: both, as: .session)
      return [both]
    }
    for program in [entry, exit] { try blueprint.prepare(uprobe: program) }
    return [entry, exit]
  }

  /// What keeps them attached.
  var descriptors: [FileDescriptor] { attached.flatMap { $0.uprobes.descriptors } }

  /// Whether Honeyguide's own C library has been looked for, and not found.
  let lacksLibrary: Bool

  /// Attaches to each of the files.
  init(_ object: borrowing LoadedObject, _ targets: VariableTargets) throws(BPFError) {
    let libraries = targets.libraries()
    lacksLibrary = targets.library && libraries.isEmpty
    var attached: [Box] = []
    for target in libraries + targets.shells {
      let path = target.file.path
      if UprobeMechanism.hasSessions {
        attached.append(Box(try object.attach(Self.both, to: target.sites, of: path)))
      } else {
        // Who is asked before the answers are watched would be forgotten only when room is needed.
        attached.append(Box(try object.attach(Self.exit, to: target.sites, of: path, at: .return)))
        attached.append(Box(try object.attach(Self.entry, to: target.sites, of: path)))
      }
    }
    self.attached = attached
  }
}

/// Attaches them on a thread of its own. The kernel waits for a grace period, 15 ms and longer, before it puts anything into
/// who runs already; that can be while other programs are verified.
final class AttachingVariables: @unchecked Sendable {
  private var thread: Thread?
  // Set by the thread before it ends.
  private var outcome: Result<VariableProbes, BPFError>?

  init(_ kernel: KernelSide, _ targets: VariableTargets) {
    thread = Thread.orHere { [self] in
      do throws(BPFError) { outcome = .success(try VariableProbes(kernel.object, targets)) } catch {
        outcome = .failure(error)
      }
    }
  }

  /// Waits until they are attached.
  func result() throws(BPFError) -> VariableProbes? {
    thread?.join()
    return try outcome?.get()
  }
}
