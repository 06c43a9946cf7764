// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
public import SystemPackage

/// The reader of a ring buffer map: the only one, on one thread at a time.
///
/// Beneath: libbpf's `struct ring_buffer`, which maps the ring and follows the kernel's positions.
@safe public struct RingBuffer: ~Copyable, @unchecked Sendable {
  private let ring: OpaquePointer
  private let receiver: Receiver

  /// What libbpf's callback is given: the body of the `consume` under way.
  private final class Receiver {
    var body: ((RawSpan) -> Void)?
  }

  /// Maps the ring (`ring_buffer__new`).
  public init(_ map: borrowing BPFMap) throws(BPFError) {
    let receiver = Receiver()
    let context = unsafe Unmanaged.passUnretained(receiver).toOpaque()
    let number = map.descriptor.rawValue
    let (ring, messages) = unsafe LibbpfMessages.collect {
      unsafe ring_buffer__new(
        number,
        { context, record, size in
          guard let context = unsafe context else { return 0 }
          let receiver = unsafe Unmanaged<Receiver>.fromOpaque(context).takeUnretainedValue()
          // The record lies in the mapped ring until this returns, and the span does not outlive that.
          receiver.body?(unsafe UnsafeRawBufferPointer(start: record, count: size).bytes)
          return 0
        }, context, nil)
    }
    guard let ring = unsafe ring else {
      throw BPFError(
        call: "ring_buffer__new", subject: map.name, errno: .current,
        messages: LibbpfMessages.divide(messages).rest)
    }
    unsafe self.ring = ring
    self.receiver = receiver
  }

  deinit { unsafe ring_buffer__free(ring) }

  /// Readable when the kernel asked for the reader to be woken (`ring_buffer__epoll_fd`).
  public var pollDescriptor: FileDescriptor {
    FileDescriptor(rawValue: unsafe ring_buffer__epoll_fd(ring))
  }

  /// Hands out every record that is complete, in the ring's order, and gives their number. Does not wait
  /// (`ring_buffer__consume`).
  @discardableResult
  public mutating func consume(_ body: (RawSpan) -> Void) throws(BPFError) -> Int {
    let result = withoutActuallyEscaping(body) { body in
      receiver.body = body
      defer { receiver.body = nil }
      return unsafe ring_buffer__consume(ring)
    }
    guard result >= 0 else {
      throw BPFError(call: "ring_buffer__consume", subject: "ring", errno: Errno(rawValue: -result))
    }
    return Int(result)
  }
}
