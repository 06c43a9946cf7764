// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Addresses in the words that both witnesses use.
enum Addresses {
  /// `[address]:port`, the address as 4 or 16 numbers; a v4-mapped one is the IPv4 address it means.
  static func text(_ bytes: [UInt8], port: Int, scope: Int = 0) -> String {
    var bytes = bytes
    if bytes.count == 16, bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] {
      bytes.removeFirst(12)
    }
    return "[\(bytes.map(String.init).joined(separator: "."))\(scope == 0 ? "" : "%\(scope)")]:\(port)"
  }

  /// One's own: a port that the kernel chose for port 0, which strace does not see, is N.
  static func own(_ text: String) -> String {
    guard text.hasPrefix("["), let colon = text.lastIndex(of: ":"),
      let port = Int(text[text.index(after: colon)...])
    else { return text }
    return port == 0 || port >= 32_768 ? text[...colon] + "N" : text
  }

  static func unix(_ path: Bytes?, requested: Bytes?) -> String {
    "path \(path?.description ?? "(unknown)") asked as \(requested?.description ?? "(unreadable)")"
  }

  static func abstract(_ name: Bytes) -> String { "abstract \(name)" }

  static func netlink(port: Int64, groups: Int64) -> String { "port \(port) groups \(groups)" }

  static func vsock(cid: Int64, port: Int64) -> String { "cid \(cid) port \(port)" }

  static func packet(interface: Int64, ethertype: Int64) -> String {
    "interface \(interface) type \(ethertype)"
  }

  /// One that an event tells of in a field; "-" where the field is absent.
  static func text(_ name: String, of line: HoneyguideLines.Line) throws -> String {
    guard let address = line.json[name] else { return "-" }
    let inner = HoneyguideLines.Line(json: address)
    if let text = address["address"]?.string, let port = address["port"]?.integer {
      guard let bytes = bytes(text) else {
        throw HoneyguideLines.ContractError(description: "no address: \(line.json)")
      }
      return Self.text(bytes, port: Int(port), scope: Int(address["scope_id"]?.integer ?? 0))
    }
    if address["path"] != nil { return unix(inner.bytes("path"), requested: inner.bytes("requested")) }
    if let name = inner.bytes("abstract") { return abstract(name) }
    let number = { (name: String) in Int64(address[name]?.integer ?? -1) }
    if address["port_id"] != nil { return netlink(port: number("port_id"), groups: number("groups")) }
    if address["cid"] != nil { return vsock(cid: number("cid"), port: number("port")) }
    if address["ethertype"] != nil {
      return packet(interface: number("interface"), ethertype: number("ethertype"))
    }
    if address["sockaddr_base64"] != nil { return "(other)" }
    guard line.json[name + "_unreadable"]?.boolean == true else {
      throw HoneyguideLines.ContractError(description: "no address, and no word about it: \(line.json)")
    }
    return "(unreadable)"
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
