// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CLaunch
internal import Glibc
internal import Inspection
internal import SystemPackage

/// The table of open files: its room, and its limit (`ulimit -n`), where an inspection did not fit below it.
enum DescriptorTable {
  /// What there must be room for, rounded up: each program, map and link in the kernel is a descriptor.
  private static let needed: Int32 = 256

  /// Has the kernel make room for all of them at once. While a process has several threads, each time that the table grows
  /// takes a grace period, 5 to 20 ms in which no thread gets a descriptor beyond the old room (`expand_fdtable`): so
  /// this is to be called before there are any. Where it does not succeed, the table grows later.
  static func makeRoom() {
    // The lowest number that is free: below it are those that were inherited.
    guard let some = unsafe try? FileDescriptor.open("/", .readOnly, options: [.closeOnExec]) else {
      return
    }
    defer { try? some.close() }
    var last = fcntl(some.rawValue, F_DUPFD_CLOEXEC, some.rawValue + needed)
    // Below the limit of `ulimit -n`, where that is lower.
    if last < 0 { last = fcntl(some.rawValue, F_DUPFD_CLOEXEC, needed - 1) }
    if last >= 0 { try? FileDescriptor(rawValue: last).close() }
  }

  /// As much of a sentence as says what is in the way and what to do; nil where the error is another (not EMFILE).
  static func obstacle(_ error: any Error) -> String? {
    switch error {
    case let error as BPFError where error.errno == .tooManyOpenFiles: break
    case LaunchError.cannotStart(_, ErrorNumber(EMFILE)): break
    default: return nil
    }
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    let isKnown = unsafe getrlimit(resource, &limit) == 0
    return
      "it takes more open files than the limit allows\(isKnown ? ", which is \(limit.rlim_cur)" : "") (EMFILE), and raising "
      + "that takes CAP_SYS_RESOURCE; start Honeyguide where 'ulimit -Hn' tells \(needed) or more"
  }
}
