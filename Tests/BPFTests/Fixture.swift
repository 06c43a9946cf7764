// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Testing

/// The object that the build made of Programs/library.bpf.c.
struct EmbeddedObject {
  let bytes: [UInt8]

  init(base64: StaticString, size: Int, digest: String) {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var values = [UInt8](repeating: 0, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    var bytes: [UInt8] = []
    let text = Array(String(describing: base64).utf8)
    for group in stride(from: 0, to: text.count, by: 4) {
      let word = (0..<4).reduce(UInt32(0)) { $0 << 6 | UInt32(values[Int(text[group + $1])]) }
      bytes += [UInt8(word >> 16 & 255), UInt8(word >> 8 & 255), UInt8(word & 255)]
    }
    self.bytes = Array(bytes[..<size])
  }
}

enum Rights {
  /// Whether tests that need root and BPF run. HONEYGUIDE_REQUIRE_KERNEL=1 runs them in any case, so that a machine
  /// that should have both cannot pass by skipping.
  static var hasKernel: Bool {
    if let value = unsafe getenv("HONEYGUIDE_REQUIRE_KERNEL"), unsafe String(cString: value) == "1" {
      return true
    }
    return geteuid() == 0 && KernelFeature.typeInformation.answer == .yes
  }
}

/// A child that waits until its standard input ends, and then exits: to be followed meanwhile.
struct WaitingChild: ~Copyable {
  let pid: pid_t
  private let gate: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    unsafe pipe(&ends)
    _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("/bin/cat"), nil]
    var pid: pid_t = 0
    let error = unsafe posix_spawn(&pid, "/bin/cat", &actions, nil, &arguments, environ)
    unsafe free(arguments[0])
    unsafe posix_spawn_file_actions_destroy(&actions)
    precondition(error == 0)
    close(ends[0])
    self.pid = pid
    gate = ends[1]
  }

  consuming func finish() {
    close(gate)
    var status: Int32 = 0
    unsafe waitpid(pid, &status, 0)
  }
}
