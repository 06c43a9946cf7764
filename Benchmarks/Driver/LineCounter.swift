// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// Which lines of a tracer's output are events of the storm.
struct LineRule {
  /// Every one of these must be in the line.
  let needles: [String]
  /// Where set, a line counts once for each number that follows the first needle, below this bound.
  var distinct: Int?

  /// How many events of the storm the file holds.
  func count(in path: String) throws -> Int { try unsafe count(in: path) { _ in } }

  /// The same; `look` is shown every line, without its end.
  func count(in path: String, look: (UnsafeRawBufferPointer) -> Void) throws -> Int {
    guard let file = try? FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec]) else {
      throw Failure("\(path), which the tracer was to write, cannot be read")
    }
    defer { try? file.close() }
    let patterns = needles.map { Array($0.utf8) }
    var seen = [Bool](repeating: false, count: distinct ?? 0)
    var total = 0
    var buffer = [UInt8](repeating: 0, count: 4 << 20)
    var held = 0
    while true {
      let count = try unsafe buffer.withUnsafeMutableBytes {
        try unsafe file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[held...]))
      }
      let end = held + count
      var start = 0
      unsafe buffer.withUnsafeBytes { bytes in
        while let length = unsafe newline(in: bytes, from: start, to: end) {
          let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
          unsafe look(line)
          unsafe tally(line, patterns, &seen, &total)
          start += length + 1
        }
      }
      guard count > 0 else { break }
      // A line longer than the buffer is no event of a storm.
      if start == 0 && end == buffer.count { start = end }
      buffer.removeSubrange(0..<start)
      buffer += repeatElement(0, count: start)
      held = end - start
    }
    return total
  }

  private func newline(in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
    guard start < end, let base = bytes.baseAddress else { return nil }
    guard let found = unsafe memchr(base + start, 10, end - start) else { return nil }
    return unsafe UnsafeRawPointer(found) - (base + start)
  }

  private func place(of pattern: [UInt8], in base: UnsafeRawPointer, count: Int) -> Int? {
    var start = 0
    while start + pattern.count <= count {
      let candidates = count - pattern.count + 1 - start
      guard let found = unsafe memchr(base + start, Int32(pattern[0]), candidates) else { return nil }
      start = unsafe UnsafeRawPointer(found) - base
      if unsafe memcmp(base + start, pattern, pattern.count) == 0 { return start }
      start += 1
    }
    return nil
  }

  private func tally(
    _ line: UnsafeRawBufferPointer, _ patterns: [[UInt8]], _ seen: inout [Bool], _ total: inout Int
  ) {
    guard let base = line.baseAddress else { return }
    var end = 0
    for (index, pattern) in patterns.enumerated() {
      guard let found = unsafe place(of: pattern, in: base, count: line.count) else { return }
      if index == 0 { end = found + pattern.count }
    }
    guard distinct != nil else {
      total += 1
      return
    }
    var number = 0
    var digits = 0
    while end < line.count, case let byte = unsafe line[end], byte >= 48, byte <= 57, digits < 9 {
      number = number * 10 + Int(byte - 48)
      digits += 1
      end += 1
    }
    guard digits > 0, number < seen.count, !seen[number] else { return }
    seen[number] = true
    total += 1
  }
}
