// SPDX-License-Identifier: Apache-2.0

extension ByteString {
  /// Whether a name asked for is the end of this path: nearly every open's is, and is compared here without taking it apart.
  fileprivate func isEnded(by name: ByteString) -> Bool {
    let start = count - name.count
    guard start >= 0, name.isAbsolute ? start == 0 : start > 0 && bytes[start - 1] == UInt8(ascii: "/") else {
      return false
    }
    return bytes[start...].elementsEqual(name.bytes)
  }
}

extension PathArgument {
  /// The name that was asked for, where that is no name of the file itself: a symbolic link, or one that leads through one. By
  /// the names alone: ".." tells nothing, and what lies in /proc and /dev leads to descriptors.
  var link: ByteString? {
    guard let requested, let path, hostPath == nil, path.isAbsolute, !isDeleted, !isTruncated else {
      return nil
    }
    if path.isEnded(by: requested) { return nil }
    let parts = requested.bytes.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
    if parts.isEmpty || parts.contains(where: { $0.elementsEqual("..".utf8) }) { return nil }
    if requested.isAbsolute, ["proc", "dev", "sys"].contains(where: { parts[0].elementsEqual($0.utf8) }) {
      return nil
    }
    let own = path.bytes.split(separator: UInt8(ascii: "/"))
    let isSame = requested.isAbsolute ? own.count == parts.count : own.count >= parts.count
    if isSame, zip(own.suffix(parts.count), parts).allSatisfy({ $0.elementsEqual($1) }) { return nil }
    return requested
  }
}
