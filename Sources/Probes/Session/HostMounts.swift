// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// Where the file systems that exist are mounted for Honeyguide itself: /proc/self/mountinfo, read again when one is asked
/// for and anything was mounted or unmounted since. (The kernel soon gives the number of one that is gone to another.)
final class HostMounts {
  struct Mount: Equatable {
    /// Which part of the file system is mounted, and where.
    var root: [UInt8]
    var point: [UInt8]
  }

  private var mounts: [UInt32: [Mount]]?
  private let hasChanged: () -> Bool
  private let read: () -> [UInt8]

  /// `read` gives mountinfo's text; `hasChanged` whether it is another one since it was asked last.
  init(hasChanged: @escaping () -> Bool, read: @escaping () -> [UInt8]) {
    (self.hasChanged, self.read) = (hasChanged, read)
  }

  convenience init() {
    let changes = Changes()
    self.init {
      changes.hasChanged
    } read: {
      readFile(Changes.path) ?? []
    }
  }

  /// Asks the kernel, for the price of a system call (poll(2), see proc_pid_mountinfo(5)).
  private final class Changes {
    static let path: ByteString = "/proc/self/mountinfo"
    private let descriptor = unsafe open(path.cString, O_RDONLY | O_CLOEXEC)

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Without a descriptor always.
    var hasChanged: Bool {
      var asked = pollfd(fd: descriptor, events: Int16(POLLPRI), revents: 0)
      return unsafe descriptor < 0 || poll(&asked, 1, 0) != 0
    }
  }

  /// The path by which we reach what lies at `inside` of the file system `device` (the kernel's number: 12 bits major, 20
  /// bits minor); nil where it is mounted nowhere, or only another part of it.
  func path(device: UInt32, inside: ByteString) -> ByteString? {
    // Asked before it is read: what changes meanwhile is read again the next time.
    let isOld = hasChanged()
    let mounts = isOld ? nil : self.mounts
    let current = mounts ?? Self.parse(read())
    self.mounts = current
    let slash = UInt8(ascii: "/")
    let fitting = (current[device] ?? []).filter { mount in
      mount.root == [slash] || inside.bytes == mount.root
        || inside.bytes.starts(with: mount.root) && inside.bytes[mount.root.count] == slash
    }
    guard let best = fitting.max(by: { $0.root.count < $1.root.count }) else { return nil }
    let rest = best.root == [slash] ? inside.bytes[...] : inside.bytes.dropFirst(best.root.count)
    if rest.isEmpty || rest.elementsEqual([slash]) { return ByteString(best.point) }
    return ByteString((best.point == [slash] ? [] : best.point) + rest)
  }

  static func parse(_ text: [UInt8]) -> [UInt32: [Mount]] {
    var mounts: [UInt32: [Mount]] = [:]
    for line in text.split(separator: UInt8(ascii: "\n")) {
      // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      let words = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
      guard words.count > 5 else { continue }
      let numbers = words[2].split(separator: UInt8(ascii: ":")).compactMap {
        UInt32(String(decoding: $0, as: UTF8.self))
      }
      guard numbers.count == 2 else { continue }
      mounts[numbers[0] << 20 | numbers[1], default: []].append(
        Mount(root: unescaped(words[3]), point: unescaped(words[4])))
    }
    return mounts
  }

  /// `\040` is a space.
  private static func unescaped(_ word: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = word
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        result.append(code)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
