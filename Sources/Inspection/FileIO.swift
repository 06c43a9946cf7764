// SPDX-License-Identifier: Apache-2.0

/// How much one process read from and wrote to one file, in all its time (`--bytes`). Told at its end, or at the end of
/// the session.
public struct FileIO: Hashable, Sendable {
  /// The file's path when the first bytes were moved, or the name of a pipe or socket; nil when it is not known.
  public var target: PathArgument
  public var bytesRead: UInt64
  public var bytesWritten: UInt64
  /// System calls that moved at least one byte.
  public var reads: UInt64
  public var writes: UInt64

  public init(target: PathArgument, bytesRead: UInt64, bytesWritten: UInt64, reads: UInt64, writes: UInt64) {
    self.target = target
    self.bytesRead = bytesRead
    self.bytesWritten = bytesWritten
    self.reads = reads
    self.writes = writes
  }
}

/// Bytes by file, all processes together. Past the limit files are counted as one.
public struct TrafficTable: Sendable {
  public struct Sum: Hashable, Sendable {
    public internal(set) var read: UInt64 = 0
    public internal(set) var written: UInt64 = 0
    public internal(set) var reads: UInt64 = 0
    public internal(set) var writes: UInt64 = 0
    public internal(set) var processes = 0

    public init() {}

    public mutating func add(_ other: Sum) {
      read &+= other.read
      written &+= other.written
      reads &+= other.reads
      writes &+= other.writes
      processes += other.processes
    }

    mutating func add(_ io: FileIO) {
      read &+= io.bytesRead
      written &+= io.bytesWritten
      reads &+= io.reads
      writes &+= io.writes
      processes += 1
    }
  }

  /// By path.
  public private(set) var files: [ByteString: Sum] = [:]
  /// Files that are too many to be kept one by one, or have no name that is known.
  public private(set) var others = Sum()
  public private(set) var total = Sum()
  private static let limit = 20_000

  init() {}

  mutating func add(_ io: FileIO) {
    total.add(io)
    guard let path = io.target.path, files[path] != nil || files.count < Self.limit else {
      return others.add(io)
    }
    files[path, default: Sum()].add(io)
  }

  var memory: Int { files.reduce(0) { $0 + $1.key.count + 160 } }
}
