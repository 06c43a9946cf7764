// SPDX-License-Identifier: Apache-2.0

/// Bytes as the kernel has them. The tests have a type of their own for them, as for everything else here: what
/// is under test must not explain itself.
public struct Bytes: Hashable, Sendable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  public var array: [UInt8]

  public init(_ array: some Sequence<UInt8>) { self.array = Array(array) }
  public init(_ text: String) { array = Array(text.utf8) }
  public init(stringLiteral text: String) { self.init(text) }

  public var isEmpty: Bool { array.isEmpty }
  public var isAbsolute: Bool { array.first == UInt8(ascii: "/") }

  /// Printable ASCII, everything else (and the backslash) as \xNN: distinct bytes give distinct texts.
  public var description: String {
    var text = ""
    text.reserveCapacity(array.count)
    for byte in array {
      if (0x20..<0x7f).contains(byte) && byte != UInt8(ascii: "\\") {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + hexadecimal(byte)
      }
    }
    return text
  }

  public static func < (left: Bytes, right: Bytes) -> Bool {
    left.array.lexicographicallyPrecedes(right.array)
  }

  /// An absolute name below this root.
  func below(_ name: Bytes) -> Bytes {
    joined(Bytes(name.array.drop { $0 == UInt8(ascii: "/") }))
  }

  /// `name` seen from the directory `self`, as Honeyguide promises a path that it did not see resolved: "." and
  /// empty components removed, ".." kept.
  /// A base that is no directory of any file system ("pipe:[1]") keeps its form.
  public func joined(_ name: Bytes) -> Bytes {
    guard isAbsolute || name.isAbsolute else { return Bytes(array + Bytes("/").joined(name).array) }
    let whole = name.isAbsolute ? name.array : array + [UInt8(ascii: "/")] + name.array
    var result: [UInt8] = []
    for component in whole.split(separator: UInt8(ascii: "/")) where component != [UInt8(ascii: ".")] {
      result.append(UInt8(ascii: "/"))
      result += component
    }
    return Bytes(result.isEmpty ? [UInt8(ascii: "/")] : result)
  }
}

func hexadecimal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 16)
  return digits.utf8.count == 1 ? "0" + digits : digits
}
