// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// Why a file that an option names could not be opened or written.
public enum OutputError: Error, Hashable, Sendable {
  case cannotOpen(ByteString, ErrorNumber)
  /// In a directory of everybody's, something is there that is not an ordinary file of the user's own.
  case notOurs(ByteString)
  /// The identity of the user, with which it was to be opened, could not be taken.
  case cannotBecome(ByteString, user: ByteString, ErrorNumber)
  case cannotWrite(ByteString, ErrorNumber)
  /// A pipe that nobody has open for reading: to wait for a reader would be to wait where no signal helps.
  case noReader(ByteString)
  /// A standard descriptor that Honeyguide was started without, or may not write to.
  case standardClosed(ByteString)
  /// An empty name.
  case noName
  /// Two options name the same file.
  case sameFile(ByteString, ByteString)
  /// The reader has gone (`| head`): no error to tell anybody of.
  case closed
}

extension OutputError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .cannotOpen(let path, let error):
      "\(path.quoted) cannot be opened for writing: \(Self.reason(error))."
    case .notOurs(let path):
      "\(path.quoted) is not written: its directory is everybody's, and what is there is a link, a pipe or"
        + " somebody else's; delete it, or name another file."
    case .cannotBecome(let path, let user, let error):
      "\(path.quoted) cannot be opened as user \(user.quoted): the kernel refused that identity (\(error));"
        + " start Honeyguide with sudo."
    case .cannotWrite(let path, let error):
      "\(path.quoted) could not be written to its end: \(Self.reason(error)); what is there is incomplete."
    case .noReader(let path):
      "\(path.quoted) is a pipe that nobody reads; start its reader first."
    case .standardClosed(let path):
      "\(path.quoted) names a standard output that is closed or not open for writing; redirect it, or name a file."
    case .noName:
      "An empty name names no file; name one, or - for standard output."
    case .sameFile(let one, let other):
      "\(one.quoted) and \(other.quoted) are the same file, and two outputs would overwrite each other in it;"
        + " name two."
    case .closed:
      "The reader of the output has closed it."
    }
  }

  private static func reason(_ error: ErrorNumber) -> String {
    switch error.number {
    case 13, 1: "permission denied (\(error)); it is opened as the user the command runs as"
    case 2: "no such directory (ENOENT); make it first"
    case 20: "a part of the path is no directory (ENOTDIR)"
    case 21: "it is a directory (EISDIR); name a file in it"
    case 28: "no space is left on the device (ENOSPC); free some, or name a file elsewhere"
    case 122: "the user's quota is used up (EDQUOT); free some space, or name a file elsewhere"
    case 30: "its file system is read-only (EROFS); name a file elsewhere"
    case 27: "the largest allowed size is reached (EFBIG); see ulimit -f"
    default: "the kernel said \(error)"
    }
  }
}
