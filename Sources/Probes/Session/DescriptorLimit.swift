// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CLaunch
internal import Glibc
internal import Inspection
internal import SystemPackage

/// The limit of open files (`ulimit -n`), where an inspection did not fit below it.
enum DescriptorLimit {
  /// What there must be room for, rounded up: each program, map and link in the kernel is a descriptor.
  private static let needed = 256

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
