// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// Runs a compiler and writes a Swift source that holds the bytes it made:
/// `EmbedObject NAME OBJECT OUTPUT COMPILER [ARGUMENT ...]`.
///
/// One step and not two, since SwiftPM would take an object that a plugin's command leaves behind for a
/// resource. The bytes stand as base64 in a `StaticString`: the compiler takes that in a tenth of a second,
/// where a literal of `[UInt8]` takes many.
@main
enum EmbedObject {
  static func main() throws {
    let arguments = CommandLine.arguments
    precondition(arguments.count > 4, "usage: EmbedObject NAME OBJECT OUTPUT COMPILER [ARGUMENT ...]")
    let status = try run(Array(arguments[4...]))
    guard status == 0 else { exit(1) }
    let bytes = try read(FilePath(arguments[2]))
    let source = """
      // Written by EmbedObject; not for editing.
      extension EmbeddedObject {
        static let \(arguments[1]) = EmbeddedObject(
          base64: "\(base64(bytes))", size: \(bytes.count), digest: "\(digest(bytes))")
      }

      """
    let output = try FileDescriptor.open(
      FilePath(arguments[3]), .writeOnly, options: [.create, .truncate],
      permissions: [.ownerReadWrite, .groupRead, .otherRead])
    try output.closeAfter { _ = try output.writeAll(source.utf8) }
  }

  /// Runs a command to its end and gives its wait status.
  static func run(_ command: [String]) throws -> Int32 {
    var words = unsafe command.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let error = unsafe posix_spawn(&pid, command[0], nil, nil, &words, environ)
    guard error == 0 else { throw Errno(rawValue: error) }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, 0) == pid else { throw Errno(rawValue: errno) }
    return status
  }

  static func read(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly)
    return try file.closeAfter {
      let size = Int(try file.seek(offset: 0, from: .end))
      return try unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = try unsafe file.read(
          fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
        precondition(count == size, "short read")
      }
    }
  }

  /// FNV-1a, as 16 hexadecimal digits: a name, no proof.
  static func digest(_ bytes: [UInt8]) -> String {
    let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(
          place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
