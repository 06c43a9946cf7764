// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Glibc
internal import Inspection
internal import SystemPackage

/// The uprobes that tell which variables of their environments programs look up (Programs/variables.h).
///
/// They run for every process of the machine that calls these functions while they are attached; a process that is not
/// followed pays for the trap and no more.
final class VariableProbes: Sendable {
  private let uprobes: Uprobes, returns: Uprobes?

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
  let descriptors: [FileDescriptor]

  /// Attaches to the C library that Honeyguide itself runs with.
  init(_ object: borrowing LoadedObject) throws(VariableError) {
    let functions = LoadedFunction.all(["getenv", "secure_getenv"])
    guard let file = functions.first?.file else { throw .noLibrary }
    let sites = functions.filter { $0.file == file }.map {
      UprobeSite(offset: $0.offset, cookie: UInt64(HG_VARIABLE_LIBC.rawValue))
    }
    do {
      if UprobeMechanism.hasSessions {
        uprobes = try object.attach(Self.both, to: sites, of: file)
        returns = nil
        descriptors = uprobes.descriptors
      } else {
        // Who is asked before the answers are watched would be forgotten only when room is needed.
        let exits = try object.attach(Self.exit, to: sites, of: file, at: .return)
        uprobes = try object.attach(Self.entry, to: sites, of: file)
        descriptors = uprobes.descriptors + exits.descriptors
        returns = consume exits
      }
    } catch {
      throw .refused(error)
    }
  }
}

/// Attaches them on a thread of its own. The kernel waits for a grace period, 15 ms and longer, before it puts anything into
/// who runs already; that can be while other programs are verified.
final class AttachingVariables: @unchecked Sendable {
  private var thread: Thread?
  // Set by the thread before it ends.
  private var outcome: Result<VariableProbes, VariableError>?

  init(_ kernel: KernelSide) {
    thread = Thread.orHere { [self] in
      do throws(VariableError) { outcome = .success(try VariableProbes(kernel.object)) } catch {
        outcome = .failure(error)
      }
    }
  }

  /// Waits until they are attached.
  func result() throws(VariableError) -> VariableProbes? {
    thread?.join()
    return try outcome?.get()
  }
}

/// Which look-ups of variables are told.
public struct VariableOptions: Hashable, Sendable {
  /// getenv and secure_getenv of the C library.
  public var library: Bool

  public init(library: Bool = false) { self.library = library }
}

/// Why look-ups of variables are not told.
enum VariableError: Error, CustomStringConvertible {
  case noLibrary
  case refused(BPFError)

  var description: String {
    let reason =
      switch self {
      case .noLibrary: "no getenv was found in the C library that Honeyguide itself runs with"
      case .refused(let error): "\(error)"
      }
    return "Variables that programs look up with getenv are not told: \(reason). --no-env leaves them out."
  }
}
