// SPDX-License-Identifier: Apache-2.0

/// Which events a session is to tell; the kernel leaves out the others. Whoever is followed is followed all the same.
///
/// The parts are joined by "and": an event is told when each of them lets it pass. An empty part lets all pass.
public struct Filter: Hashable, Sendable {
  /// Kinds of events, by the names that `--only` takes.
  public enum Group: String, Hashable, Sendable, CaseIterable {
    /// fork, exec, exit, and execs that failed.
    case exec
    case open
    case lookup
    case change
    /// Connections and what else sockets do.
    case net
    /// Mounts, namespaces, users and groups, names, tracing, signals.
    case system
    /// Variables of the environment that are looked up.
    case env
    /// What is called inside Python.
    case python
  }

  /// A beginning of absolute paths; of those that fit a path the longest decides.
  public struct Prefix: Hashable, Sendable {
    public var text: ByteString
    public var isIncluded: Bool
    public init(_ text: ByteString, isIncluded: Bool = true) {
      self.text = text
      self.isIncluded = isIncluded
    }
  }

  /// The groups that are told; nil: all.
  public var groups: Set<Group>?
  /// Real user ids of who does it.
  public var uids: [UInt32] = []
  /// Names of threads, at most 15 bytes each.
  public var comms: [ByteString] = []
  /// Beginnings of the executables' paths.
  public var exes: [ByteString] = []
  /// For events about files; where one is included, paths that begin with none are not told.
  public var paths: [Prefix] = []

  public init() {}

  public func has(_ group: Group) -> Bool { groups?.contains(group) ?? true }

  /// Whether some processes' events are left out.
  public var choosesProcesses: Bool { !uids.isEmpty || !comms.isEmpty || !exes.isEmpty }
}
