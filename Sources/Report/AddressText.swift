// SPDX-License-Identifier: Apache-2.0
public import Inspection

extension InternetAddress {
  /// Appends the address alone: `127.0.0.1`, `2001:db8::1` (RFC 5952).
  public func appendAddress(to output: inout [UInt8]) {
    if !isIPv6 {
      appendDotted(address[...], to: &output)
      return
    }
    if address.prefix(10).allSatisfy({ $0 == 0 }), address[10] == 0xFF, address[11] == 0xFF {
      output += "::ffff:".utf8
      appendDotted(address[12...], to: &output)
      return
    }
    let zeros = longestZeros
    var group = 0
    while group < 8 {
      if group == zeros.lowerBound, zeros.count > 1 {
        output += "::".utf8
        group = zeros.upperBound
        continue
      }
      if group > 0, group != zeros.upperBound || zeros.count < 2 { output.append(UInt8(ascii: ":")) }
      appendHexadecimal(word(group), to: &output)
      group += 1
    }
  }

  /// Appends address and port: `127.0.0.1:80`, `[::1]:80`, `[fe80::1%2]:80` with the number of the interface.
  public func appendEndpoint(to output: inout [UInt8]) {
    if isIPv6 { output.append(UInt8(ascii: "[")) }
    appendHost(to: &output)
    if isIPv6 { output.append(UInt8(ascii: "]")) }
    output.append(UInt8(ascii: ":"))
    Byte.appendDecimal(UInt64(port), to: &output)
  }

  /// Appends the address with the number of its interface: `fe80::1%2`.
  public func appendHost(to output: inout [UInt8]) {
    appendAddress(to: &output)
    if scope == 0 { return }
    output.append(UInt8(ascii: "%"))
    Byte.appendDecimal(UInt64(scope), to: &output)
  }

  private func appendDotted(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices {
      if index > bytes.startIndex { output.append(UInt8(ascii: ".")) }
      Byte.appendDecimal(UInt64(bytes[index]), to: &output)
    }
  }

  private func appendHexadecimal(_ word: UInt16, to output: inout [UInt8]) {
    for shift in stride(from: 12, through: 0, by: -4) where word >> shift != 0 || shift == 0 {
      output.append(Byte.hexadecimal(UInt8(word >> shift & 15)))
    }
  }

  private func word(_ group: Int) -> UInt16 {
    UInt16(address[group * 2]) << 8 | UInt16(address[group * 2 + 1])
  }

  /// The first of the longest runs of groups that are zero.
  private var longestZeros: Range<Int> {
    var longest = 0..<0
    var start = 0
    for group in 0..<8 {
      if word(group) != 0 {
        start = group + 1
      } else if group + 1 - start > longest.count {
        longest = start..<(group + 1)
      }
    }
    return longest
  }
}

extension SocketAddress {
  /// Appends it as a person writes it, printable: `127.0.0.1:80`, `/run/x.sock`, `@name` for an abstract one.
  public func append(to output: inout [UInt8]) {
    switch self {
    case .internet(let internet):
      // A transport without ports has 0 there.
      if internet.port == 0 { internet.appendHost(to: &output) } else { internet.appendEndpoint(to: &output) }
    case .path(let target):
      if let path = target.path ?? target.requested { Printable.appendPath(path, to: &output) }
    case .abstract(let name):
      output.append(UInt8(ascii: "@"))
      Printable.appendPath(name, to: &output)
    case .unnamed: output += "(no name)".utf8
    case .netlink(let port, let groups):
      output += (port == 0 ? "kernel" : "port \(port)").utf8
      if groups != 0 { output += " groups 0x\(String(groups, radix: 16))".utf8 }
    case .vsock(let cid, let port): output += "\(cid):\(port)".utf8
    case .packet(let interface, _):
      output += (interface == 0 ? "any interface" : "interface \(interface)").utf8
    case .other(let bytes): output += "\(bytes.count) bytes of address".utf8
    }
  }
}
