// SPDX-License-Identifier: Apache-2.0
public import Inspection

extension SocketAddress {
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

  /// Appends address and port: `127.0.0.1:80`, `[::1]:80`.
  public func appendEndpoint(to output: inout [UInt8]) {
    if isIPv6 { output.append(UInt8(ascii: "[")) }
    appendAddress(to: &output)
    if isIPv6 { output.append(UInt8(ascii: "]")) }
    output.append(UInt8(ascii: ":"))
    Byte.appendDecimal(UInt64(port), to: &output)
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
