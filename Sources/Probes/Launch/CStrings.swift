// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

extension ByteString {
  /// Copies a C string; nothing for NULL.
  init(cString: UnsafeMutablePointer<CChar>?) {
    guard let start = unsafe cString else {
      self.init([])
      return
    }
    unsafe self.init(UnsafeRawBufferPointer(start: start, count: strlen(start)))
  }

  /// With the zero byte at the end that C wants.
  var cString: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}

/// Strings as execve wants them: an array of pointers that ends with NULL, for the time of `body`.
func withCStrings<Result>(
  _ strings: [ByteString], _ body: (UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  var bytes: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(bytes.count)
    bytes += string.cString
  }
  // One byte more: an empty buffer might have no address.
  bytes.append(0)
  return unsafe bytes.withUnsafeBufferPointer { storage in
    var pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
      unsafe storage.baseAddress.map { unsafe $0 + offset }
    }
    unsafe pointers.append(nil)
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("an array of at least one element") }
      return unsafe body(start)
    }
  }
}
