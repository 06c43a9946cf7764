// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

enum Files {
  /// The whole of a small file, or nil where it cannot be read.
  static func text(_ path: String) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else {
      return nil
    }
    defer { try? file.close() }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while let count = try? unsafe chunk.withUnsafeMutableBytes({ try unsafe file.read(into: $0) }), count > 0
    {
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The last `limit` bytes of a file as text.
  static func tail(_ path: String, limit: Int) -> String? {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else {
      return nil
    }
    defer { try? file.close() }
    guard let size = try? file.seek(offset: 0, from: .end) else { return nil }
    var bytes = [UInt8](repeating: 0, count: min(limit, Int(size)))
    let start = size - Int64(bytes.count)
    let count = try? unsafe bytes.withUnsafeMutableBytes {
      try unsafe file.read(fromAbsoluteOffset: start, into: $0)
    }
    return count.map { String(decoding: bytes[..<$0], as: UTF8.self) }
  }

  /// The size in bytes; a file that is not there has 0.
  static func size(_ path: String) -> Int {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else {
      return 0
    }
    defer { try? file.close() }
    return (try? file.seek(offset: 0, from: .end)).map(Int.init) ?? 0
  }

  static func remove(_ path: String) { unsafe unlink(path) }

  /// Removes a directory and what is in it, without following symbolic links.
  static func removeTree(_ path: String) {
    if let directory = unsafe opendir(path) {
      var names: [String] = []
      while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
          unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
      }
      unsafe closedir(directory)
      for name in names {
        let inner = path + "/" + name
        var status = Glibc.stat()
        guard unsafe lstat(inner, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR { removeTree(inner) } else { unsafe unlink(inner) }
      }
    }
    unsafe rmdir(path)
  }
}

enum Programs {
  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The path of a program: PATH first, then the directories that only root's PATH has.
  static func find(_ name: String) -> String? {
    let directories =
      (environment("PATH") ?? "").split(separator: ":").map(String.init) + [
        "/usr/sbin", "/sbin", "/usr/bin", "/bin",
      ]
    return directories.map { $0 + "/" + name }.first { unsafe access($0, X_OK) == 0 }
  }

  /// The first line that a command prints, for versions; nil where it prints nothing.
  static func firstLine(_ arguments: [String], in workshop: borrowing Workshop) -> String? {
    try? workshop.run(arguments)
    return Files.text(workshop.complaint)?.split(separator: "\n").first.map(String.init)
  }
}

extension Files {
  /// Whether a child that nobody has waited for yet has ended.
  static func hasEnded(_ pid: pid_t) -> Bool {
    guard let text = text("/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return true }
    return text[name...].dropFirst(2).first == "Z"
  }
}
