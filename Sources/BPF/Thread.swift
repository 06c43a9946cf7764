// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A POSIX thread with all signals blocked: they are the main thread's business.
package final class Thread: Sendable {
  /// Nil when it was waited for.
  private let id: Mutex<pthread_t?>

  /// Starts `body`. A system that cannot start one more thread is beyond help.
  package init(_ body: @escaping @Sendable () -> Void) {
    let (thread, error) = Self.create(body)
    precondition(error == 0, "pthread_create: \(Errno(rawValue: error))")
    id = Mutex(thread)
  }

  private init(_ id: pthread_t?) { self.id = Mutex(id) }

  /// Starts `body`; or runs it here and now, where there can be no further thread (`pids.max`, `ulimit -v`).
  package static func orHere(_ body: @escaping @Sendable () -> Void) -> Thread {
    let (thread, error) = create(body)
    if error != 0 { body() }
    return Thread(error == 0 ? thread : nil)
  }

  private static func create(_ body: @escaping @Sendable () -> Void) -> (pthread_t, Int32) {
    final class Body {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var all = sigset_t(), before = sigset_t(), id = pthread_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    let context = unsafe Unmanaged.passRetained(Body(body))
    let error = unsafe pthread_create(
      &id, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context.toOpaque())
    if error != 0 { unsafe context.release() }
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    return (id, error)
  }

  /// Waits until it has ended; any thread may, and any number of them.
  package func join() {
    id.withLock { id in
      if let thread = id { _ = pthread_join(thread, nil) }
      id = nil
    }
  }
}
