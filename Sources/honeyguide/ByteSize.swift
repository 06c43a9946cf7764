// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

/// A number of bytes, as people write it: 4096, 64K, 16M, 1G.
struct ByteSize: ExpressibleByArgument {
  let bytes: Int

  /// What `--ring-size` and `--buffer` are unless given.
  static let ring = ByteSize(16 << 20)
  static let queue = ByteSize(256 << 20)

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let shift = ["K": 10, "M": 20, "G": 30][argument.suffix(1).uppercased()]
    let digits = shift == nil ? argument[...] : argument.dropLast()
    guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    // What is too large to be counted is too large for every option.
    let number = min(Int(digits) ?? .max, .max >> (shift ?? 0))
    bytes = number << (shift ?? 0)
  }
}
