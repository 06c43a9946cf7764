// SPDX-License-Identifier: Apache-2.0

/// An object that was compiled with this binary and embedded into it (see Plugins/CompileProbes): a BPF object, or the
/// agent for Python processes (`agent`, and `agent32`, the empty one for 32-bit programs).
struct EmbeddedObject: Sendable {
  let base64: StaticString
  /// How many bytes the object has.
  let size: Int
  /// A name for these bytes, made of them when they were embedded: 16 hexadecimal digits. No proof.
  let digest: String

  /// The object's bytes.
  var bytes: [UInt8] {
    base64.withUTF8Buffer { text in
      // Whole groups of four digits, as they were written; `size` cuts off what padding stands for.
      precondition(text.count % 4 == 0 && size <= text.count / 4 * 3)
      return unsafe [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { bytes, count in
        unsafe Self.digits.withUnsafeBufferPointer { digits in
          var from = 0, to = 0
          while from < text.count {
            let word =
              unsafe UInt32(digits[Int(text[from])]) << 18 | UInt32(digits[Int(text[from + 1])]) << 12
              | UInt32(digits[Int(text[from + 2])]) << 6 | UInt32(digits[Int(text[from + 3])])
            unsafe bytes[to] = UInt8(truncatingIfNeeded: word >> 16)
            unsafe bytes[to + 1] = UInt8(truncatingIfNeeded: word >> 8)
            unsafe bytes[to + 2] = UInt8(truncatingIfNeeded: word)
            (from, to) = (from + 4, to + 3)
          }
        }
        count = size
      }
    }
  }

  /// The six bits of each digit; padding counts as zeros.
  private static let digits: [UInt8] = {
    var digits = [UInt8](repeating: 0, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, digit) in alphabet.utf8.enumerated() { digits[Int(digit)] = UInt8(value) }
    return digits
  }()
}
