// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes

/// A file that an option names, shared by whoever writes into it.
final class SharedOutput {
  private let file: OutputFile

  init(_ path: String, as user: Identity) throws(OutputError) {
    file = try OutputFile(ByteString(path), as: user)
  }

  func write(_ bytes: Span<UInt8>) throws(OutputError) { try unsafe file.write(bytes.bytes) }
}

enum StandardError {
  /// Prints one line.
  static func say(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

enum WorkingDirectory {
  /// The directory this process is in; empty where it has none (it was deleted).
  static var current: ByteString {
    var buffer = [CChar](repeating: 0, count: 4097)
    guard unsafe getcwd(&buffer, buffer.count) != nil else { return "" }
    return ByteString(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
  }
}
