// SPDX-License-Identifier: Apache-2.0

/// A variable of the environment that a program looked up, and what it found. One event for each distinct
/// (process, name, source, value): `count` is how often.
public struct EnvironmentRead: Hashable, Sendable {
  /// Who was asked for it.
  public enum Source: String, Hashable, Sendable, CaseIterable {
    /// os.environ and its relatives, by the agent or by the interpreter's own functions.
    case python
    /// getenv and secure_getenv.
    case libc
    /// The shell's own look-up of a variable, which finds its other variables as well.
    case bash
  }
  public var source: Source
  /// Nil: all of the environment was read, by iterating over it or copying it.
  public var name: ByteString?
  public var isSet: Bool
  /// The value that was found; nil where it is not set, or not known.
  public var value: ByteString?
  /// What the call passed to be given back for a variable that is not set.
  public var fallback: ByteString?
  public var count: UInt64
  /// Value or default are longer than was kept.
  public var isTruncated = false
  /// Value or default were masked.
  public var isRedacted = false

  public init(
    source: Source, name: ByteString?, isSet: Bool, value: ByteString? = nil, fallback: ByteString? = nil,
    count: UInt64 = 1
  ) {
    self.source = source
    self.name = name
    self.isSet = isSet
    self.value = value
    self.fallback = fallback
    self.count = count
  }
}
