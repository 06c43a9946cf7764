// SPDX-License-Identifier: Apache-2.0

/// One thing that a process did, put so that two witnesses of two runs say it in the same words: no pid, no time.
public struct Observation: Hashable, Sendable, Comparable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    case exec, open, change, connect, accept, listen, bind, send, lookup, exit
  }
  public var kind: Kind
  /// Which program did it: the file name of the process's last exec, or of its ancestor's before it was forked.
  /// Processes cannot be matched by number, but what they did can be told apart by this.
  public var actor: Bytes
  /// What was done and with what result, bytes escaped.
  public var text: String

  public init(_ kind: Kind, by actor: Bytes, _ text: String) {
    self.kind = kind
    self.actor = actor
    self.text = text
  }

  public var description: String { "\(kind.rawValue) by \(actor): \(text)" }

  public static func < (left: Observation, right: Observation) -> Bool {
    left.description < right.description
  }
}

// The words. Both witnesses use these and no others.
extension Observation {
  static func exec(by actor: Bytes, filename: Bytes?, argv: [Bytes]?, error: String?) -> Observation {
    let name = filename.map(\.description) ?? "(unreadable)"
    if let error { return Observation(.exec, by: actor, "\(name) = \(error)") }
    let arguments = (argv ?? []).map { "'\($0)'" }.joined(separator: " ")
    return Observation(.exec, by: actor, "\(name) [\(arguments)] = ok")
  }

  static func open(
    by actor: Bytes, path: String, flags: UInt64, mode: UInt64, error: String?
  ) -> Observation {
    // Without O_CREAT (0100) and without the own bit of O_TMPFILE (020000000) the kernel ignores the mode.
    let creates = flags & 0o20000100 != 0
    let modeText = creates ? " mode \(octal(mode))" : ""
    return Observation(
      .open, by: actor, "\(path) flags 0x\(String(flags, radix: 16))\(modeText) = \(error ?? "ok")")
  }

  static func lookup(by actor: Bytes, path: String, error: String?) -> Observation {
    Observation(.lookup, by: actor, "\(path) = \(error ?? "ok")")
  }

  /// `details`: what belongs to the change, as "mode 0644".
  static func change(
    by actor: Bytes, _ name: String, path: String, to: String?, details: String?, error: String?
  ) -> Observation {
    let target = to.map { " -> \($0)" } ?? ""
    let more = details.map { " \($0)" } ?? ""
    return Observation(.change, by: actor, "\(name) \(path)\(target)\(more) = \(error ?? "ok")")
  }

  /// `kind` is the protocol, with what makes it exact: "tcp", "unix stream", "netlink 0".
  static func connect(by actor: Bytes, _ kind: String, remote: String, outcome: String) -> Observation {
    Observation(.connect, by: actor, "\(kind) \(remote) = \(outcome)")
  }

  static func socket(_ call: Kind, by actor: Bytes, _ kind: String, _ address: String, _ error: String?)
    -> Observation
  {
    Observation(call, by: actor, "\(kind) \(address) = \(error ?? "ok")")
  }

  static func exit(by actor: Bytes, status: String) -> Observation {
    Observation(.exit, by: actor, status)
  }

  /// A path, or what there is instead: a descriptor that is none leaves only the name, if the call took one.
  static func path(_ path: Bytes?, requested: Bytes?, isUnreadable: Bool) -> String {
    if isUnreadable { return path.map { "(unreadable in \($0))" } ?? "(unreadable)" }
    if let path { return path.description }
    return requested.map { "(unknown)/\($0)" } ?? "(unknown)"
  }

  static func octal(_ number: UInt64) -> String { "0" + String(number, radix: 8) }
}

/// How often each thing was observed.
public typealias Observations = [Observation: Int]

extension [Observation: Int] {
  public mutating func add(_ observation: Observation) { self[observation, default: 0] += 1 }

  /// What the two disagree about, one line each, sorted; empty when they are equal.
  public func differences(from other: Observations, names: (own: String, other: String)) -> [String] {
    Set(keys).union(other.keys).sorted().compactMap { observation in
      let counts = (self[observation] ?? 0, other[observation] ?? 0)
      guard counts.0 != counts.1 else { return nil }
      return "\(names.own) \(counts.0), \(names.other) \(counts.1): \(observation)"
    }
  }

  public func count(of kind: Observation.Kind) -> Int {
    reduce(0) { $1.key.kind == kind ? $0 + $1.value : $0 }
  }
}
