// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import ELF
internal import Glibc
internal import Inspection

/// A file that is open for reading, known by its inode whatever path led to it.
final class OpenedFile: Sendable {
  /// An inode of the machine.
  struct Identity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
  }

  let identity: Identity
  let size: UInt64
  /// When it was changed last, in nanoseconds of the file system's clock.
  let changed: Int64
  private let descriptor: Int32

  /// A regular file; nil where it is none, or cannot be read.
  init?(_ path: ByteString) {
    let name = path.cString
    var about = stat()
    // Looked at before it is opened: to open a device can have effects.
    guard unsafe stat(name, &about) == 0, about.st_mode & S_IFMT == S_IFREG else { return nil }
    let number = unsafe open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard number >= 0 else { return nil }
    descriptor = number
    let isRead = unsafe fstat(number, &about) == 0
    identity = Identity(device: UInt64(about.st_dev), inode: UInt64(about.st_ino))
    size = UInt64(max(0, about.st_size))
    changed = Int64(about.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(about.st_ctim.tv_nsec)
    guard isRead, about.st_mode & S_IFMT == S_IFREG else { return nil }
  }

  deinit { close(descriptor) }

  /// A path that leads to it as long as it is open, whatever becomes of its name.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// `count` bytes from an offset on; nil where they are not all there.
  func read(_ offset: UInt64, _ count: Int) -> [UInt8]? {
    guard let offset = Int(exactly: offset), count >= 0, count <= 256 << 20 else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, offset + done)
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      done += got
    }
    return bytes
  }

  /// As a program or library; nil where it is none.
  var elf: ELFFile? { try? ELFFile(size: size) { [self] in read($0, $1) } }

  /// What is told to run it: the words after `#!`; nil where the file begins otherwise.
  var interpreter: [ByteString]? {
    guard let start = read(0, Int(min(size, 256))), start.starts(with: "#!".utf8) else { return nil }
    let line = start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
    let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { ByteString($0) }
    return words.isEmpty ? nil : words
  }
}
