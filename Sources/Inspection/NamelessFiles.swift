// SPDX-License-Identifier: Apache-2.0

/// Files without a name (O_TMPFILE), by the descriptor that their open gave. They are given a name by a link that means them by
/// themselves, or by that descriptor below /proc; which of both a descriptor is the link does not say.
struct NamelessFiles: Sendable {
  private struct Descriptor: Hashable {
    var process: ProcessID
    var number: Int32
  }
  /// The path that the kernel makes of directory and inode, which nobody can open.
  private var paths: [Descriptor: ByteString] = [:]
  /// How many are remembered at the same time. Of one more it is not known that a link by its descriptor is its first name.
  private static let limit = 1_024

  /// A number that is given anew means another file.
  mutating func note(_ open: Open, by process: ProcessID) {
    guard open.flags.isTemporaryFile || !paths.isEmpty, case .descriptor(let number) = open.result else {
      return
    }
    let descriptor = Descriptor(process: process, number: number)
    paths[descriptor] = nil
    if open.flags.isTemporaryFile, paths.count < Self.limit { paths[descriptor] = open.target.ourPath }
  }

  mutating func forget(_ process: ProcessID) {
    if paths.contains(where: { $0.key.process == process }) {
      paths = paths.filter { $0.key.process != process }
    }
  }

  /// The file that a path below /proc leads this process to, by one of its own descriptors.
  func path(behind path: ByteString, of process: ProcessID) -> ByteString? {
    if paths.isEmpty { return nil }
    let places = path.bytes.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    guard places.count >= 3, let number = places.last.flatMap({ Int32($0) }), places[places.count - 2] == "fd"
    else {
      return nil
    }
    let own = ["self", "thread-self", "\(process.pid)"]
    guard
      places == ["dev", "fd", places[places.count - 1]] || (places[0] == "proc" && own.contains(places[1]))
    else {
      return nil
    }
    return paths[Descriptor(process: process, number: number)]
  }
}
