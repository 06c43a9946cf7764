// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

internal import Glibc

/// The few things the tests do with files.
public enum Files {
  public static func read(_ path: FilePath) throws -> [UInt8] { try read(path, atMost: .max) }

  static func read(_ path: Bytes, atMost limit: Int) throws -> [UInt8] {
    try read(FilePath(path), atMost: limit)
  }

  private static func read(_ path: FilePath, atMost limit: Int) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    return try file.closeAfter {
      var result: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: 1 << 16)
      while result.count < limit {
        let wanted = min(chunk.count, limit - result.count)
        let count = try unsafe chunk.withUnsafeMutableBytes { buffer in
          try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        }
        if count == 0 { break }
        result += chunk[..<count]
      }
      return result
    }
  }

  public static func text(_ path: FilePath) throws -> String {
    String(decoding: try read(path), as: UTF8.self)
  }

  public static func write(_ bytes: some Sequence<UInt8>, to path: FilePath, mode: CInt = 0o644) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: FilePermissions(rawValue: CModeT(mode)))
    try file.closeAfter { _ = try file.writeAll(Array(bytes)) }
  }

  public static func exists(_ path: FilePath) -> Bool {
    unsafe path.withPlatformString { unsafe access($0, F_OK) == 0 }
  }

  public static func makeDirectory(_ path: FilePath) throws {
    guard unsafe path.withPlatformString({ unsafe mkdir($0, 0o755) }) == 0 else {
      throw Errno(rawValue: errno)
    }
  }

  /// A new directory that everybody may enter.
  public static func makeTemporaryDirectory() throws -> FilePath {
    var template = Array("/tmp/honeyguide-test.XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    let path = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    _ = unsafe path.withPlatformString { unsafe chmod($0, 0o755) }
    return path
  }

  /// The path without symbolic links; nil when it does not exist.
  static func resolved(_ path: Bytes) -> Bytes? {
    unsafe FilePath(path).withPlatformString { name in
      guard let result = unsafe realpath(name, nil) else { return nil }
      defer { unsafe free(result) }
      return unsafe Bytes(String(cString: result))
    }
  }
}

extension FilePath {
  init(_ bytes: Bytes) {
    self = unsafe bytes.array.map(CInterop.PlatformChar.init(bitPattern:)).withUnsafeBufferPointer { buffer in
      unsafe FilePath(platformString: Array(buffer) + [0])
    }
  }
}

/// The numeric type of permissions, spelled once.
public typealias CModeT = CInterop.Mode
