// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Another program as a witness: what it writes when it is given an input and an environment.
enum Program {
  struct Failure: Error { var text: String }

  static func isInstalled(_ name: String) -> Bool { unsafe access("/usr/bin/\(name)", X_OK) == 0 }

  /// Runs `arguments` (the first an absolute path) with `input`, both passed through unnamed files, so that no
  /// pipe can fill.
  static func run(_ arguments: [String], input: [UInt8] = [], environment: [String] = []) throws -> [UInt8] {
    let from = try temporaryFile()
    let to = try temporaryFile()
    defer {
      close(from)
      close(to)
    }
    var start = 0
    while start < input.count {
      let written = unsafe input[start...].withUnsafeBytes { unsafe write(from, $0.baseAddress, $0.count) }
      guard written > 0 else { throw Failure(text: "write: \(errno)") }
      start += written
    }
    lseek(from, 0, SEEK_SET)

    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, from, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, to, 1)
    var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    var pid: pid_t = 0
    let error = unsafe posix_spawn(&pid, arguments[0], &actions, nil, &words, &variables)
    unsafe posix_spawn_file_actions_destroy(&actions)
    unsafe words.forEach { unsafe free($0) }
    unsafe variables.forEach { unsafe free($0) }
    guard error == 0 else { throw Failure(text: "\(arguments[0]) could not be started: errno \(error)") }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, 0) == pid else { throw Failure(text: "waitpid: \(errno)") }

    var output = [UInt8](repeating: 0, count: Int(lseek(to, 0, SEEK_END)))
    lseek(to, 0, SEEK_SET)
    let count = unsafe output.withUnsafeMutableBytes { unsafe read(to, $0.baseAddress, $0.count) }
    guard count == output.count else { throw Failure(text: "read: \(errno)") }
    guard status == 0 else {
      throw Failure(
        text: "\(arguments[0]) ended with status \(status):\n\(String(decoding: output, as: UTF8.self))")
    }
    return output
  }

  private static func temporaryFile() throws -> Int32 {
    var name = Array("/tmp/witness.XXXXXX".utf8CString)
    let descriptor = unsafe mkstemp(&name)
    guard descriptor >= 0 else { throw Failure(text: "no temporary file: errno \(errno)") }
    unsafe unlink(&name)
    return descriptor
  }
}
