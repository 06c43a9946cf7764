// SPDX-License-Identifier: Apache-2.0

/// The flags of open(2), as x86-64 numbers them.
public struct OpenFlags: Hashable, Sendable {
  public var rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  public enum Access: Sendable { case read, write, readWrite, none }

  /// What the descriptor may be used for; `none` for O_PATH, which opens nothing.
  public var access: Access {
    if rawValue & 0o10000000 != 0 { return .none }
    switch rawValue & 3 {
    case 0: return .read
    case 1: return .write
    case 2: return .readWrite
    default: return .none
    }
  }
  public var creates: Bool { rawValue & 0o100 != 0 }
  public var isExclusive: Bool { rawValue & 0o200 != 0 }
  public var truncates: Bool { rawValue & 0o1000 != 0 }
  public var isDirectory: Bool { rawValue & 0o200000 != 0 }
  public var isTemporaryFile: Bool { rawValue & 0o20000000 != 0 }

  /// The names, access mode first ("O_WRONLY", "O_CREAT", …); bits without a name as one hexadecimal number.
  public var names: [String] {
    var names = [["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][Int(rawValue & 3)]]
    var rest = rawValue & ~3
    for (bits, name) in Self.table where rest & bits == bits {
      names.append(name)
      rest &= ~bits
    }
    if rest != 0 { names.append("0x" + String(rest, radix: 16)) }
    return names
  }

  /// Wider masks before those they contain. O_LARGEFILE is 0 in a 64-bit program and 0100000 in the kernel.
  private static let table: [(UInt64, String)] = [
    (0o20200000, "O_TMPFILE"), (0o4010000, "O_SYNC"), (0o100, "O_CREAT"), (0o200, "O_EXCL"),
    (0o400, "O_NOCTTY"), (0o1000, "O_TRUNC"), (0o2000, "O_APPEND"), (0o4000, "O_NONBLOCK"),
    (0o10000, "O_DSYNC"), (0o20000, "O_ASYNC"), (0o40000, "O_DIRECT"), (0o100000, "O_LARGEFILE"),
    (0o200000, "O_DIRECTORY"), (0o400000, "O_NOFOLLOW"), (0o1000000, "O_NOATIME"), (0o2000000, "O_CLOEXEC"),
    (0o10000000, "O_PATH"),
  ]
}
