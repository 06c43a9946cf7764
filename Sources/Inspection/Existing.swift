// SPDX-License-Identifier: Apache-2.0

/// What was there before Honeyguide attached.
public enum Existing: Hashable, Sendable {
  /// A process, with what it last executed: `filename`, `interpreter` and `script` are not known any more.
  case process(Exec)
  case file(ExistingFile)
}

/// A descriptor that was open.
public struct ExistingFile: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case file, directory, symlink, block, character, fifo, socket
    /// What has no type: epoll, eventfd, a timer.
    case other
  }
  public var descriptor: Int32
  public var kind: Kind
  /// Where it leads; of what lies in no file system the name that /proc/PID/fd shows.
  public var target: PathArgument
  /// Those of open(2) and fcntl(2), as they stood; O_CLOEXEC is the descriptor's, and not among them.
  public var flags: OpenFlags
  /// Bytes from the start of the file; nil of a socket.
  public var position: UInt64?
  public var socket: Socket?

  public struct Socket: Hashable, Sendable {
    public var transport: Transport
    public var local: SocketAddress?
    public var remote: SocketAddress?
    /// Of TCP: where the connection stands, as ss(8) names it (`listen`, `established`, …).
    public var state: String?

    public init(transport: Transport, local: SocketAddress?, remote: SocketAddress?, state: String?) {
      self.transport = transport
      self.local = local
      self.remote = remote
      self.state = state
    }
  }

  public init(
    descriptor: Int32, kind: Kind, target: PathArgument, flags: OpenFlags, position: UInt64? = nil,
    socket: Socket? = nil
  ) {
    self.descriptor = descriptor
    self.kind = kind
    self.target = target
    self.flags = flags
    self.position = position
    self.socket = socket
  }
}

/// What an inspection was attached to.
public enum Attachment: Hashable, Sendable {
  /// Processes, with their names at that moment, and whether their children are followed.
  case processes([Target], withChildren: Bool)
  /// A control group, by the path of its directory.
  case cgroup(ByteString)
  case all

  public struct Target: Hashable, Sendable {
    /// As the user gave it: numbered by the namespace that Honeyguide is in.
    public var pid: Int32
    public var name: ByteString
    public init(pid: Int32, name: ByteString) {
      self.pid = pid
      self.name = name
    }
  }
}
