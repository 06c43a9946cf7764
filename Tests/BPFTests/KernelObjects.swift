// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// The names of the BPF programs of this test's object that the kernel has, by bpftool: another witness than us.
enum KernelObjects {
  static func now() throws -> [String] {
    guard let stream = unsafe popen("bpftool prog show; bpftool map show; bpftool link show", "r") else {
      return []
    }
    defer { unsafe _ = pclose(stream) }
    var text = ""
    var buffer = [CChar](repeating: 0, count: 4096)
    while unsafe fgets(&buffer, Int32(buffer.count), stream) != nil {
      text += String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return text.split(separator: "\n").filter { line in
      ["name on_exit", "name after_exit", "name library"].contains { wanted in
        line.indices.contains { line[$0...].hasPrefix(wanted) }
      }
    }.map(String.init)
  }

  /// The kernel frees what nobody holds after a grace period.
  static func expectSoon(_ expected: [String]) throws {
    for _ in 0..<100 {
      if try now() == expected { return }
      usleep(50_000)
    }
    #expect(try now() == expected)
  }
}
