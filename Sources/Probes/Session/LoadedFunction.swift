// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc

/// A function of a library that is loaded into this process, and where it lies in that library's file.
struct LoadedFunction: Hashable, Sendable {
  let file: String
  let offset: UInt64

  /// Those that there are of these names (dlsym(3), and the mappings that their addresses lie in).
  static func all(_ names: [String]) -> [LoadedFunction] {
    let mappings = ProcFileSystem().mappings ?? []
    return names.compactMap { name in
      guard let address = unsafe dlsym(nil, name) else { return nil }
      return LoadedFunction(at: UInt(bitPattern: address), mappings)
    }
  }

  private init?(at place: UInt, _ mappings: [UInt8]) {
    for line in mappings.split(separator: UInt8(ascii: "\n")) {
      // 7f21e1758000-7f21e18ad000 r-xp 00026000 08:01 3452 /usr/lib/x86_64-linux-gnu/libc.so.6
      var rest = line
      guard let start = Self.number(&rest), let end = Self.number(&rest), start <= place, place < end else {
        continue
      }
      let fields = String(decoding: rest, as: UTF8.self).split(
        separator: " ", maxSplits: 4, omittingEmptySubsequences: true)
      guard fields.count == 5, let offset = UInt64(fields[1], radix: 16) else { return nil }
      file = String(fields[4].drop { $0 == " " })
      self.offset = offset + UInt64(place - start)
      return
    }
    return nil
  }

  /// A hexadecimal number and the character behind it.
  private static func number(_ text: inout ArraySlice<UInt8>) -> UInt? {
    var number: UInt = 0
    while let byte = text.popFirst() {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt(byte - UInt8(ascii: "a") + 10)
      default: return number
      }
    }
    return nil
  }
}
