// SPDX-License-Identifier: Apache-2.0

/// Bytes as the kernel has them: a path, an argument, a process's name. They need not be UTF-8, and nothing
/// about them is trusted. They are escaped where they are printed, never before.
public struct ByteString: Hashable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  public init(_ text: String) { bytes = Array(text.utf8) }

  public var isEmpty: Bool { bytes.isEmpty }
  public var count: Int { bytes.count }

  /// The text, with U+FFFD where bytes are not UTF-8: lossy, for comparing and for headings only.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// All bytes at once: a path is looked up for every event, and Array feeds the hasher byte by byte.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }
}

extension ByteString: Comparable {
  public static func < (left: Self, right: Self) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }
}

extension ByteString: ExpressibleByStringLiteral {
  public init(stringLiteral text: String) { self.init(text) }
}

extension ByteString: CustomStringConvertible {
  public var description: String { text }
}
