// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// Where the file systems that exist are mounted for Honeyguide itself: /proc/self/mountinfo, read again when one is asked
/// for that is not there.
final class HostMounts {
  struct Mount: Equatable {
    /// Which part of the file system is mounted, and where.
    var root: [UInt8]
    var point: [UInt8]
  }

  private var mounts: [UInt32: [Mount]] = [:]
  /// File systems that were not there, and when that was found out: nanoseconds since boot.
  private var missing: [UInt32: UInt64] = [:]
  private let read: () -> [UInt8]
  private static let patience: UInt64 = 1_000_000_000

  /// `read` gives mountinfo's text.
  init(read: @escaping () -> [UInt8] = { readFile("/proc/self/mountinfo") ?? [] }) {
    self.read = read
  }

  /// The path by which we reach what lies at `inside` of the file system `device` (the kernel's number: 12 bits major, 20
  /// bits minor); nil where it is mounted nowhere, or only another part of it.
  func path(device: UInt32, inside: ByteString) -> ByteString? {
    if mounts[device] == nil {
      let now = Clock.boot()
      if let before = missing[device], now - before < Self.patience { return nil }
      mounts = Self.parse(read())
      if mounts[device] == nil {
        missing[device] = now
        return nil
      }
    }
    let slash = UInt8(ascii: "/")
    let fitting = (mounts[device] ?? []).filter { mount in
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
