// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Addresses as the system call interface lays them out (struct sockaddr and its kin).
enum SocketAddressBytes {
  /// The address that `bytes` hold, the family first; nil where there is not even that. `place` makes a path of a name.
  static func decode(
    _ bytes: [UInt8], place: (_ name: ByteString) -> PathArgument
  ) -> SocketAddress? {
    guard bytes.count >= 2 else { return nil }
    switch UInt16(bytes[0]) | UInt16(bytes[1]) << 8 {
    case 1: return unix(Array(bytes[2...]), place: place)
    case 2 where bytes.count >= 8:
      return internet(Array(bytes[4..<8]), port: bigEndian(bytes, 2), scope: 0)
    // The kernel, too, takes one that ends before the scope (RFC 2133).
    case 10 where bytes.count >= 24:
      return internet(
        Array(bytes[8..<24]), port: bigEndian(bytes, 2), scope: bytes.count >= 28 ? word(bytes, 24) : 0)
    case 16 where bytes.count >= 12: return .netlink(port: word(bytes, 4), groups: word(bytes, 8))
    case 17 where bytes.count >= 8:
      return .packet(interface: Int32(bitPattern: word(bytes, 4)), ethertype: bigEndian(bytes, 2))
    case 40 where bytes.count >= 12: return .vsock(cid: word(bytes, 8), port: word(bytes, 4))
    default: return .other(ByteString(bytes))
    }
  }

  /// An address of 4 or 16 bytes. ::ffff:a.b.c.d is a.b.c.d, reached through a socket of the other family; only a
  /// link-local address has a scope.
  static func internet(_ address: [UInt8], port: UInt16, scope: UInt32) -> SocketAddress {
    guard address.count == 16 else { return .internet(address, port: port) }
    let isMapped =
      address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xff && address[11] == 0xff
    if isMapped { return .internet(Array(address[12...]), port: port) }
    let isLinkLocal =
      address[0] == 0xfe && address[1] & 0xc0 == 0x80
      // Multicast of an interface or a link.
      || address[0] == 0xff && (address[1] & 0xf == 1 || address[1] & 0xf == 2)
    return .internet(address, port: port, scope: isLinkLocal ? scope : 0)
  }

  private static func unix(_ path: [UInt8], place: (ByteString) -> PathArgument) -> SocketAddress {
    guard let first = path.first else { return .unnamed }
    if first == 0 { return .abstract(ByteString(path[1...])) }
    return .path(place(ByteString(path.prefix { $0 != 0 })))
  }

  private static func bigEndian(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
    UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
  }
}
