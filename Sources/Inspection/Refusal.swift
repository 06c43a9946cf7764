// SPDX-License-Identifier: Apache-2.0

/// A change that somebody tried, and that failed.
public struct Refusal: Hashable, Sendable {
  public let program: Program.ID
  /// Nil: a file was to be opened for writing, or only to be made where it is not there.
  public let kind: Change.Kind?
  public let isWriting: Bool
  public let path: ByteString
  /// Of a rename or a link the new name.
  public let to: ByteString?
  public let error: ErrorNumber

  init(_ open: Open, _ path: ByteString, _ error: ErrorNumber, by program: Program.ID) {
    kind = nil
    isWriting = [.write, .readWrite].contains(open.flags.access) || open.flags.truncates
    self.path = path
    to = nil
    self.error = error
    self.program = program
  }

  init(_ change: Change, _ path: ByteString, _ error: ErrorNumber, by program: Program.ID) {
    kind = change.kind
    isWriting = false
    self.path = path
    to = change.kind == .symlink ? nil : change.to.flatMap { $0.ourPath ?? $0.requested }
    self.error = error
    self.program = program
  }

  /// For want of rights, or since nothing can be written there.
  public var isDenied: Bool { [1, 13, 30].contains(error.number) }

  /// Not where the answer is that something is not there, or is there already; nor where the kernel does not know the call, or only
  /// this way of doing it, and the caller goes another: EXDEV, ENOSYS, EOPNOTSUPP.
  static func isTold(_ error: ErrorNumber) -> Bool { ![2, 17, 18, 20, 38, 95].contains(error.number) }
}

extension Open {
  /// It was to be written, emptied or made.
  var isToChange: Bool { [.write, .readWrite].contains(flags.access) || flags.truncates || flags.creates }
}
