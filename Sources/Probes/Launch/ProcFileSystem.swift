// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Inspection

/// What /proc says about processes. The root can be a directory of a test's own.
public struct ProcFileSystem: Sendable {
  let root: ByteString

  public init(root: ByteString = "/proc") { self.root = root }

  var ourselves: Int32 { getpid() }

  struct Status: Hashable {
    var name: ByteString
    var parent: Int32
    var effectiveUser: UInt32
    var state: UInt8

    /// Takes the text of /proc/PID/status. `Name:` comes first and cannot hold a line break: the kernel
    /// escapes it.
    init?(text: [UInt8]) {
      var fields: [ByteString: ByteString] = [:]
      for line in text.split(separator: UInt8(ascii: "\n")) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        let value = line[line.index(after: colon)...].drop { $0 == 9 || $0 == 32 }
        fields[ByteString(line[..<colon])] = fields[ByteString(line[..<colon])] ?? ByteString(value)
      }
      let users = fields["Uid"]?.text.split(separator: "\t") ?? []
      guard let name = fields["Name"], let parent = fields["PPid"].flatMap({ Int32($0.text) }),
        users.count == 4, let effective = UInt32(users[1]), let state = fields["State"]?.bytes.first
      else { return nil }
      self.name = name
      self.parent = parent
      self.effectiveUser = effective
      self.state = state
    }
  }

  func status(of pid: Int32) -> Status? { read(pid, "status").flatMap(Status.init(text:)) }

  /// The environment a process was started with; nil where it may not be read, or the process is gone.
  func environment(of pid: Int32) -> EnvironmentBlock? {
    read(pid, "environ").map(EnvironmentBlock.init(bytes:))
  }

  /// What our own time namespace adds to the machine's clocks; nil where the kernel has no such namespaces.
  var timeOffsets: [UInt8]? { readFile(ByteString(root.bytes + Array("/self/timens_offsets".utf8))) }

  /// A file, or a part of it, in a process's memory.
  struct Mapping {
    let addresses: Range<UInt64>
    let isExecutable: Bool
    let path: ByteString
  }

  /// The files that a process has mapped, in the order of their addresses: /proc/PID/maps.
  func mappings(of pid: Int32) -> [Mapping] {
    (read(pid, "maps") ?? []).split(separator: UInt8(ascii: "\n")).compactMap { line in
      // Addresses, rights, offset, device, inode, path.
      let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard fields.count == 6 else { return nil }
      let ends = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
        UInt64(String(decoding: $0, as: UTF8.self), radix: 16)
      }
      let path = fields[5].drop { $0 == UInt8(ascii: " ") }
      guard ends.count == 2, ends[0] < ends[1], path.first == UInt8(ascii: "/") else { return nil }
      return Mapping(
        addresses: ends[0]..<ends[1], isExecutable: fields[1].contains(UInt8(ascii: "x")),
        path: ByteString(path))
    }
  }

  /// Every process of the machine.
  var processes: [Int32] { AgentSession.names(in: root.text).compactMap { Int32($0.text) } }

  /// What leads to the file that a process executes, wherever it lies, also when it has been removed.
  func executable(of pid: Int32) -> ByteString { path(pid, "exe") }

  func arguments(of pid: Int32) -> [ByteString]? { read(pid, "cmdline").map(zeroSeparated) }

  /// The last component of the executable's path; without the right to see it, the process's name.
  func executableName(of pid: Int32) -> ByteString? {
    let link = path(pid, "exe").cString
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink(link, &buffer, buffer.count)
    let target = buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }
    guard !target.isEmpty else { return status(of: pid)?.name }
    let deleted = Array(" (deleted)".utf8)
    let path =
      target.reversed().starts(with: deleted.reversed()) ? target.dropLast(deleted.count) : target[...]
    return ByteString(path.split(separator: UInt8(ascii: "/")).last ?? [])
  }

  private func path(_ pid: Int32, _ file: String) -> ByteString {
    ByteString(root.bytes + Array("/\(pid)/\(file)".utf8))
  }

  private func read(_ pid: Int32, _ file: String) -> [UInt8]? { readFile(path(pid, file)) }
}

/// The bytes of a file, for files without a size as those of /proc are.
///
/// nil where it cannot be read.
func readFile(_ path: ByteString) -> [UInt8]? {
  let name = path.cString
  let file = unsafe open(name, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = unsafe Glibc.read(file, &buffer, buffer.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      return nil
    }
    bytes += buffer[..<count]
  }
}
