// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import SystemPackage

/// The bytes of a file that does not change, for as long as the process lasts: mapped where the file can be, or read.
@safe struct LastingBytes: @unchecked Sendable {
  private let bytes: UnsafeRawBufferPointer

  let count: Int

  /// nil where it cannot be read. /sys/kernel/btf/vmlinux can be mapped since Linux 6.16; before,
  /// sysfs gives a page for each read(2).
  init?(_ path: FilePath) {
    guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? file.close() }
    guard let end = try? file.seek(offset: 0, from: .end), end > 0 else { return nil }
    let size = Int(end)
    count = size
    let mapped = unsafe mmap(nil, size, PROT_READ, MAP_PRIVATE, file.rawValue, 0)
    if let mapped = unsafe mapped, unsafe mapped != MAP_FAILED {
      unsafe bytes = UnsafeRawBufferPointer(start: mapped, count: size)
      return
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
    var done = 0
    while done < size {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[done...])
      guard let read = try? unsafe file.read(fromAbsoluteOffset: Int64(done), into: rest), read > 0 else {
        unsafe memory.deallocate()
        return nil
      }
      done += read
    }
    unsafe bytes = UnsafeRawBufferPointer(memory)
  }

  subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count)
    return unsafe bytes[offset]
  }

  /// Four bytes, in the machine's order.
  func word(_ offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset <= count - 4)
    return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
  }

  func doubleWord(_ offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count - 8)
    return unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  /// What stands before the next zero, or before the end.
  func text(_ offset: Int) -> [UInt8] {
    var end = offset
    while end < count, self[end] != 0 { end += 1 }
    return unsafe Array(bytes[offset..<end])
  }

  /// Whether that is what stands there, with a zero behind it.
  func isText(_ text: [UInt8], at offset: Int) -> Bool {
    guard count - offset > text.count, self[offset + text.count] == 0 else { return false }
    return text.indices.allSatisfy { self[offset + $0] == text[$0] }
  }

  /// FNV-1a of what stands before the next zero, or before the end.
  func hash(_ offset: Int) -> UInt32 {
    precondition(offset >= 0)
    var hash: UInt32 = 2_166_136_261, place = offset
    while place < count {
      let byte = unsafe bytes[place]
      if byte == 0 { break }
      hash = (hash ^ UInt32(byte)) &* 16_777_619
      place += 1
    }
    return hash
  }

  /// The same of bytes.
  static func hash(_ text: [UInt8]) -> UInt32 {
    text.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
