// SPDX-License-Identifier: Apache-2.0

/// An object that was compiled with this binary and embedded into it (see Plugins/CompileProbes): a BPF object, or the
/// agent for Python processes (`agent`, and `agent32`, the empty one for 32-bit programs).
struct EmbeddedObject: Sendable {
  let base64: StaticString
  /// How many bytes the object has.
  let size: Int

  /// The object's bytes.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size + 2)
    base64.withUTF8Buffer { text in
      var word: UInt32 = 0
      for index in 0..<text.count {
        word = unsafe word << 6 | UInt32(Self.value(of: text[index]))
        if index % 4 == 3 {
          bytes.append(UInt8(truncatingIfNeeded: word >> 16))
          bytes.append(UInt8(truncatingIfNeeded: word >> 8))
          bytes.append(UInt8(truncatingIfNeeded: word))
        }
      }
    }
    bytes.removeLast(bytes.count - size)
    return bytes
  }

  /// The six bits of a digit; padding counts as zeros, which `size` cuts off.
  private static func value(of digit: UInt8) -> UInt8 {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: 0
    }
  }
}
