// SPDX-License-Identifier: Apache-2.0

/// Bytes that grow at the end and are used again, owned once: an append is a comparison and a store, without
/// the question that an array asks each time, whether somebody else shares it.
@safe
struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(capacity: self.capacity)
  }

  deinit { unsafe base.deallocate() }

  var isEmpty: Bool { count == 0 }

  /// What was appended since the last `removeAll`.
  var span: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      // The first `count` bytes were written, and `self` cannot change or go while it is borrowed.
      let span = unsafe Span(_unsafeStart: base, count: count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Keeps the memory.
  mutating func removeAll() { count = 0 }

  mutating func append(_ byte: UInt8) {
    reserve(1)
    unsafe base[count] = byte
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ text: StaticString) {
    let length = text.utf8CodeUnitCount
    reserve(length)
    // A static string with a pointer (literals have one) lives as long as the program.
    unsafe (base + count).initialize(from: text.utf8Start, count: length)
    count &+= length
  }

  mutating func append(_ bytes: Span<UInt8>) {
    let length = bytes.count
    reserve(length)
    let end = unsafe base + count
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe end.initialize(from: start, count: length) }
    }
    count &+= length
  }

  /// Appends a number's decimal digits.
  mutating func append(decimal value: UInt64) {
    let digits = Self.digits(value)
    reserve(digits)
    // From the last digit backwards, in pairs; `digits` of them were reserved.
    var end = unsafe base + count + digits
    count &+= digits
    var rest = value
    while rest >= 10 {
      let pair = UInt8(truncatingIfNeeded: rest % 100)
      rest /= 100
      unsafe end -= 2
      unsafe end[0] = UInt8(ascii: "0") &+ pair / 10
      unsafe end[1] = UInt8(ascii: "0") &+ pair % 10
    }
    if digits & 1 == 1 {
      unsafe end -= 1
      unsafe end[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
    }
  }

  private static func digits(_ value: UInt64) -> Int {
    var count = 1
    var rest = value
    while rest >= 10_000 {
      rest /= 10_000
      count &+= 4
    }
    return count &+ (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
  }

  /// Makes room for `more` bytes.
  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if capacity &- count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    unsafe moved.initialize(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = moved
    capacity = larger
  }
}
