// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Where execvp(3) looks for a command.
enum CommandSearch {
  /// The files to try, in order: the command itself where it names a path, otherwise the command in each
  /// directory of PATH. An empty directory is the working directory; without PATH it is what confstr(3) gives.
  static func candidates(for command: ByteString, path: ByteString?) -> [ByteString] {
    guard !command.isEmpty else { return [] }
    let slash = UInt8(ascii: "/")
    guard !command.bytes.contains(slash) else { return [command] }
    let directories = (path?.bytes ?? Array("/bin:/usr/bin".utf8))
      .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return directories.map { directory in
      directory.isEmpty || directory.last == slash
        ? ByteString(directory + command.bytes) : ByteString(directory + [slash] + command.bytes)
    }
  }
}
