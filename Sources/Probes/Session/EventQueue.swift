// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc

/// The bounded queue between the thread that empties the ring and the one that decodes and writes: a slow disk or
/// pipe fills this queue, not the ring. What does not fit is counted.
final class EventQueue: @unchecked Sendable {
  enum Item {
    case batch(Batch)
    /// Somebody asks for the page so far.
    case pageRequest
    case end
  }

  /// Records one after the other, each behind its length. One thread has it at a time.
  final class Batch {
    private(set) var bytes: [UInt8] = []
    private(set) var records = 0

    func append(_ record: RawSpan) {
      let size = UInt32(record.byteCount)
      unsafe withUnsafeBytes(of: size) { unsafe bytes.append(contentsOf: $0) }
      unsafe record.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
      records += 1
    }

    func removeAll() {
      bytes.removeAll(keepingCapacity: true)
      records = 0
    }

    /// Hands out the records in order.
    func forEach(_ body: (RawSpan) -> Void) {
      unsafe bytes.withUnsafeBytes { bytes in
        var offset = 0
        while offset < bytes.count {
          let size = unsafe Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
          offset += MemoryLayout<UInt32>.size
          unsafe body(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]).bytes)
          offset += size
        }
      }
    }
  }

  private let limit: Int
  private let condition: Condition
  // Guarded by the condition's mutex.
  private var items: [Item] = []
  private var waiting = 0
  private var spare: [Batch] = []
  private var lostRecords: UInt64 = 0

  /// `limit`: how many bytes may wait.
  init(limit: Int) {
    self.limit = limit
    condition = Condition()
  }

  /// Takes a batch over and leaves an empty one. Never waits: past the limit the batch is dropped and counted.
  func push(_ batch: inout Batch) {
    guard batch.records > 0 else { return }
    condition.withLock {
      if waiting + batch.bytes.count > limit {
        lostRecords += UInt64(batch.records)
        batch.removeAll()
      } else {
        waiting += batch.bytes.count
        items.append(.batch(batch))
        batch = spare.popLast() ?? Batch()
        condition.signal()
      }
    }
  }

  func push(_ item: Item) {
    condition.withLock {
      items.append(item)
      condition.signal()
    }
  }

  /// Everything that waits, in order; waits at most `milliseconds` for something to come.
  func pop(milliseconds: Int) -> [Item] {
    condition.withLock {
      if items.isEmpty { condition.wait(milliseconds: milliseconds) }
      defer { items = [] }
      return items
    }
  }

  /// Gives a batch back that was worked off: its room counts as free from now on.
  func recycle(_ batch: Batch) {
    condition.withLock {
      waiting -= batch.bytes.count
      batch.removeAll()
      if spare.count < 8 { spare.append(batch) }
    }
  }

  /// Records that found no room so far.
  var lost: UInt64 { condition.withLock { lostRecords } }
}

/// A mutex with a condition variable (pthreads; the standard library's Mutex has none).
@safe final class Condition {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let variable: UnsafeMutablePointer<pthread_cond_t>

  init() {
    unsafe mutex = .allocate(capacity: 1)
    unsafe variable = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(variable, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(variable)
    unsafe pthread_mutex_destroy(mutex)
    unsafe variable.deallocate()
    unsafe mutex.deallocate()
  }

  func withLock<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Under the lock only.
  func signal() { unsafe pthread_cond_signal(variable) }

  /// Under the lock only; may return early.
  func wait(milliseconds: Int) {
    var until = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &until)
    until.tv_nsec += milliseconds % 1000 * 1_000_000
    until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1_000_000_000
    until.tv_nsec %= 1_000_000_000
    unsafe pthread_cond_timedwait(variable, mutex, &until)
  }
}
