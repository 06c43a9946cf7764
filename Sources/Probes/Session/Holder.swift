// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import SystemPackage

/// A process that takes over what closing descriptors costs: of the last one of a uprobe's link that is a grace period
/// of the kernel, 30 ms to 0.4 s, for which nobody is to wait at the prompt.
///
/// It lives as long as this value and until it has closed them; when Honeyguide is killed, it ends likewise.
struct Holder: ~Copyable {
  private let lifeline: Descriptor
  let pid: Int32

  /// Nil where no process can be had: then closing takes its time here.
  static func start(_ descriptors: [FileDescriptor]) -> Holder? {
    guard let pipe = try? Pipe() else { return nil }
    let end = pipe.reading.number
    let kept = (descriptors.map(\.rawValue) + [end]).sorted()
    let pid = unsafe hg_hold(kept, kept.count, end)
    return pid > 0 ? Holder(lifeline: Descriptor(pipe.releaseWriting()), pid: pid) : nil
  }

  private init(lifeline: consuming Descriptor, pid: Int32) {
    self.lifeline = lifeline
    self.pid = pid
  }
}
