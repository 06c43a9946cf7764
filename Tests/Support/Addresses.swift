// SPDX-License-Identifier: Apache-2.0
internal import Glibc

enum Addresses {
  /// `[address]:port`, the address as 4 or 16 numbers; a v4-mapped one is the IPv4 address it means.
  static func text(_ bytes: [UInt8], port: Int) -> String {
    var bytes = bytes
    if bytes.count == 16, bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] {
      bytes.removeFirst(12)
    }
    return "[\(bytes.map(String.init).joined(separator: "."))]:\(port)"
  }

  /// The bytes of an address in text form (inet_pton), nil when it is none.
  static func bytes(_ text: String) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &buffer) == 1 { return Array(buffer.prefix(4)) }
    return unsafe inet_pton(AF_INET6, text, &buffer) == 1 ? buffer : nil
  }
}

enum ErrorNames {
  /// The name in errno.h of what a connection can end with.
  static func name(_ number: Int32) -> String {
    let names: [Int32: String] = [
      EACCES: "EACCES", EPERM: "EPERM", EINVAL: "EINVAL", ECONNREFUSED: "ECONNREFUSED",
      ECONNRESET: "ECONNRESET", ETIMEDOUT: "ETIMEDOUT", EHOSTUNREACH: "EHOSTUNREACH",
      ENETUNREACH: "ENETUNREACH",
    ]
    return names[number] ?? "\(number)"
  }
}
