// SPDX-License-Identifier: Apache-2.0

/// A path given another name: moved, or linked.
public struct Move: Hashable, Sendable {
  public let time: UInt64
  public let kind: Change.Kind
  public let from: ByteString
  /// Of a symbolic link its text, as written.
  public let to: ByteString
  public let program: Program.ID
  /// Each of the two became the other.
  public let isExchange: Bool
  /// What had the new name was seen there before, and is no more.
  public internal(set) var isReplacing = false

  init?(_ change: Change, by program: Program.ID, at time: UInt64) {
    guard [.rename, .link, .symlink].contains(change.kind),
      let from = change.target.ourPath ?? change.target.requested,
      let to = change.kind == .symlink ? change.to?.requested : change.to?.ourPath ?? change.to?.requested
    else { return nil }
    self.time = time
    kind = change.kind
    self.from = from
    self.to = to
    self.program = program
    isExchange = change.flags?.contains(.exchange) ?? false
  }
}
