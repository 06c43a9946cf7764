// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection

@testable import Probes

/// What a launched command is compared with: the same command, started by sh(1).
enum Shell {
  struct Result: Equatable {
    var output: String
    /// The exit code, or 128 and the signal.
    var code: Int32
    var lines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  /// Runs a script; gives what it printed on standard output, and how it ended. `$DRIVER` and `$WHOAMI` are the test
  /// programs, `$DIRECTORY` is a fresh directory.
  static func run(_ script: String) -> Result {
    let directory = TemporaryDirectory()
    let prologue = """
      export DRIVER='\(TestPrograms.driver)' WHOAMI='\(TestPrograms.whoami)' DIRECTORY='\(directory.path)'
      cd "$DIRECTORY" || exit 99

      """
    guard let pipe = unsafe popen(prologue + script, "re") else { return Result(output: "", code: -1) }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = unsafe fread(&buffer, 1, buffer.count, pipe)
      if count == 0 { break }
      output += buffer[..<count]
    }
    let status = unsafe pclose(pipe)
    let code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    return Result(output: String(decoding: output, as: UTF8.self), code: code)
  }
}

/// A directory that everybody may look into, deleted with its owner.
final class TemporaryDirectory: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/honeyguide-launch-XXXXXX".utf8CString)
    precondition(unsafe mkdtemp(&template) != nil, "no temporary directory")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    unsafe chmod(path, 0o755)
  }

  deinit { unsafe system("rm -rf '\(path)'") }

  func write(_ text: String, to name: String) {
    guard let file = unsafe fopen("\(path)/\(name)", "we") else {
      preconditionFailure("cannot write \(name)")
    }
    let bytes = Array(text.utf8)
    unsafe fwrite(bytes, 1, bytes.count, file)
    unsafe fclose(file)
  }

  func read(_ name: String) -> String? {
    readFile(ByteString("\(path)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
  }
}

enum TestPrograms {
  /// Built beside the tests.
  static let driver: String = {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return own.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/LaunchDriver"
  }()

  /// Compiled once for all tests, from Tests/Programs.
  static let whoami = compile("whoami.c")

  private static let directory = TemporaryDirectory()

  private static func compile(_ source: String) -> String {
    let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let result = "\(directory.path)/\(source.prefix { $0 != "." })"
    let code = unsafe system("cc -O1 -o '\(result)' '\(tests)/Programs/\(source)'")
    precondition(code == 0, "cc could not compile \(source)")
    return result
  }
}

enum LaunchRights {
  /// Whether tests that become another user run. HONEYGUIDE_REQUIRE_KERNEL=1 runs them in any case, so that a machine
  /// that should have the rights cannot pass by skipping.
  static var areRoot: Bool { required || geteuid() == 0 }

  static var required: Bool {
    guard let value = unsafe getenv("HONEYGUIDE_REQUIRE_KERNEL") else { return false }
    return unsafe String(cString: value) == "1"
  }
}
