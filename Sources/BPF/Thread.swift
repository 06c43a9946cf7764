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
    final class Body {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var all = sigset_t(), before = sigset_t(), id = pthread_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    let context = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    let error = unsafe pthread_create(
      &id, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        }
        return nil
      }, context)
    unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    precondition(error == 0, "pthread_create: \(Errno(rawValue: error))")
    self.id = Mutex(id)
  }

  /// Waits until it has ended; any thread may, and any number of them.
  package func join() {
    id.withLock { id in
      if let thread = id { _ = pthread_join(thread, nil) }
      id = nil
    }
  }
}
