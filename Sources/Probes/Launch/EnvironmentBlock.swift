// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// A process's environment: entries as execve hands them over, in their order. Usually `NAME=value`, but the
/// kernel promises nothing, and what was there is kept: duplicates, entries without `=`, bytes of any kind.
public struct EnvironmentBlock: Hashable, Sendable {
  public var entries: [ByteString]

  public init(_ entries: [ByteString] = []) { self.entries = entries }

  /// Takes the bytes of /proc/PID/environ: each entry ends with a zero byte.
  public init(bytes: [UInt8]) { entries = zeroSeparated(bytes) }

  /// The value of the first entry of that name, as getenv(3) finds it. Setting replaces the first and drops
  /// the others, or adds one at the end; nil drops all.
  public subscript(name: ByteString) -> ByteString? {
    get {
      guard let entry = entries.first(where: { $0.isVariable(name) }) else { return nil }
      return ByteString(entry.bytes.dropFirst(name.count + 1))
    }
    set {
      let first = entries.firstIndex { $0.isVariable(name) }
      let value = newValue.map { ByteString(name.bytes + [UInt8(ascii: "=")] + $0.bytes) }
      entries.removeAll { $0.isVariable(name) }
      if let value { entries.insert(value, at: first ?? entries.endIndex) }
    }
  }

  /// Sets each `NAME=value`.
  public mutating func set(_ assignments: [ByteString]) {
    for assignment in assignments {
      guard let name = assignment.variableName else { continue }
      self[name] = ByteString(assignment.bytes.dropFirst(name.count + 1))
    }
  }
}

extension ByteString {
  /// What stands before the first `=`; nil where there is none.
  var variableName: ByteString? {
    bytes.firstIndex(of: UInt8(ascii: "=")).map { ByteString(bytes[..<$0]) }
  }

  func isVariable(_ name: ByteString) -> Bool {
    bytes.count > name.count && bytes[name.count] == UInt8(ascii: "=") && bytes.starts(with: name.bytes)
  }
}

/// The pieces of /proc/PID/environ or cmdline. The last zero byte may be missing: a process can overwrite it.
func zeroSeparated(_ bytes: [UInt8]) -> [ByteString] {
  guard !bytes.isEmpty else { return [] }
  let body = bytes.last == 0 ? bytes.dropLast() : bytes[...]
  return body.split(separator: 0, omittingEmptySubsequences: false).map { ByteString($0) }
}
