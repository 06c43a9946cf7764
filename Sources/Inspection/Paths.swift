// SPDX-License-Identifier: Apache-2.0

/// A path's parts, by its bytes: nothing is resolved.
extension ByteString {
  private static let slash = UInt8(ascii: "/")

  /// What follows the last slash; all of it where there is none. Empty for a path that ends in a slash.
  public var basename: ByteString {
    guard let slash = bytes.lastIndex(of: Self.slash) else { return self }
    return ByteString(bytes[(slash + 1)...])
  }

  /// What precedes the last slash, "/" for a name in the root, "" where there is no slash.
  public var directory: ByteString {
    guard let slash = bytes.lastIndex(of: Self.slash) else { return "" }
    return slash == 0 ? "/" : ByteString(bytes[..<slash])
  }

  public var isAbsolute: Bool { bytes.first == Self.slash }

  /// This directory joined with a name; the name itself where it is absolute. "." and empty parts are left
  /// out, ".." is kept.
  public func joined(_ name: ByteString) -> ByteString {
    var joined = name.isAbsolute ? [] : bytes
    if joined == [Self.slash] { joined = [] }
    for part in name.bytes.split(separator: Self.slash) where !part.elementsEqual([UInt8(ascii: ".")]) {
      joined.append(Self.slash)
      joined += part
    }
    return joined.isEmpty ? "/" : ByteString(joined)
  }

  /// Whether this is `directory` or something below it.
  public func isBelow(_ directory: ByteString) -> Bool {
    guard bytes.starts(with: directory.bytes) else { return false }
    return directory.bytes.last == Self.slash || count == directory.count
      || bytes[directory.count] == Self.slash
  }

  /// A name that /proc/PID/fd shows for what lies in no file system: `pipe:[81234]`, `anon_inode:[eventpoll]`, `net:[4026531840]`.
  public var isPseudo: Bool {
    if isAbsolute { return false }
    if bytes.starts(with: "anon_inode:".utf8) { return true }
    guard bytes.last == UInt8(ascii: "]"), let open = bytes.lastIndex(of: UInt8(ascii: "[")), open > 1 else {
      return false
    }
    let digits = bytes[(open + 1)...].dropLast()
    return bytes[open - 1] == UInt8(ascii: ":") && !bytes.contains(Self.slash) && !digits.isEmpty
      && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
