// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Inspection

/// The beginning of a path as a person writes it: relative perhaps, or through symbolic links.
public enum PathPrefix {
  /// Joined to a directory where it is relative, without empty parts and "."; a slash at its end stays.
  public static func absolute(_ prefix: ByteString, from directory: ByteString) -> ByteString {
    let slash = UInt8(ascii: "/")
    let joined = Decoder.join(directory, prefix) ?? prefix
    let path = prefix.bytes.first == slash ? Decoder.join("/", prefix) ?? prefix : joined
    return prefix.bytes.last == slash && path.bytes.last != slash ? ByteString(path.bytes + [slash]) : path
  }

  /// The file it names with every symbolic link followed (realpath(3)); itself where there is no such file.
  public static func resolved(_ prefix: ByteString) -> ByteString {
    let slash = UInt8(ascii: "/")
    let name = prefix.bytes.map { CChar(bitPattern: $0) } + [0]
    guard let real = unsafe realpath(name, nil) else { return prefix }
    defer { unsafe free(real) }
    let path = unsafe ByteString(cString: real)
    return prefix.bytes.last == slash && path.bytes.last != slash ? ByteString(path.bytes + [slash]) : path
  }
}
