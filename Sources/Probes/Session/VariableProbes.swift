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

  /// Before loading; gives the programs that are needed.
  static func prepare(_ wishes: VariableOptions, _ blueprint: inout Blueprint) throws(BPFError) -> [String] {
    guard wishes.library else {
      for map in maps { try blueprint.omit(map: map) }
      return []
    }
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
    let functions = [LoadedFunction("getenv"), LoadedFunction("secure_getenv")].compactMap { $0 }
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

/// A function of a library that is loaded into this process, and where it lies in that library's file.
struct LoadedFunction: Hashable, Sendable {
  let file: String
  let offset: UInt64

  /// dlsym(3), and the mapping that its address lies in. Nil: there is none.
  init?(_ name: String) {
    guard let address = unsafe dlsym(nil, name) else { return nil }
    let place = UInt(bitPattern: address)
    guard let maps = ProcFileSystem().mappings else { return nil }
    for line in maps.split(separator: UInt8(ascii: "\n")) {
      let fields = String(decoding: line, as: UTF8.self).split(
        separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      guard fields.count == 6 else { continue }
      let ends = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard ends.count == 2, ends[0] <= place, place < ends[1], let start = UInt64(fields[2], radix: 16)
      else { continue }
      file = String(fields[5].drop { $0 == " " })
      offset = start + UInt64(place - ends[0])
      return
    }
    return nil
  }
}
