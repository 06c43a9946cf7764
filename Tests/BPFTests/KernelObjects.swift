// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// The programs and maps of this test's object that the kernel has, by bpftool: another witness than us.
enum KernelObjects {
  static func now() -> Set<String> {
    guard let stream = unsafe popen("bpftool prog show; bpftool map show; bpftool link show", "r") else {
      return []
    }
    defer { unsafe _ = pclose(stream) }
    var text = ""
    var buffer = [CChar](repeating: 0, count: 4096)
    while unsafe fgets(&buffer, Int32(buffer.count), stream) != nil {
      text += String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return Set(
      text.split(separator: "\n").map(String.init).filter { line in
        [
          "name on_exit", "name after_exit", "name library", "name tasks", "name ring", "name counts",
          "name lru",
        ]
        .contains { wanted in line.indices.contains { line[$0...].hasPrefix(wanted) } }
      })
  }

  /// The kernel frees what nobody holds after a grace period. Lines begin with an id that is never used again.
  static func expectSoonGone(_ created: Set<String>) {
    for _ in 0..<100 {
      if now().isDisjoint(with: created) { return }
      usleep(50_000)
    }
    #expect(now().isDisjoint(with: created))
  }
}
