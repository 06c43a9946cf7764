// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// Lets other threads wake the one that supervises: eventfd(2).
public final class WakeUp: Sendable {
  let descriptor: Int32

  public init() throws(LaunchError) {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard descriptor >= 0 else { throw .cannotStart(call: "eventfd", ErrorNumber(errno)) }
  }

  deinit { close(descriptor) }

  /// From any thread. Several calls before the supervisor looks are one.
  public func signal() {
    var one: UInt64 = 1
    unsafe _ = write(descriptor, &one, 8)  // full at 2^64-2: then it is awake anyway
  }

  /// Whether it was signalled since the last time.
  func take() -> Bool {
    var count: UInt64 = 0
    return unsafe read(descriptor, &count, 8) == 8
  }
}
