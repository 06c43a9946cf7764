// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Where a changed path is only counted; nil for what is told by name, as all is on a full page.
  func crowd(ofChanged path: ByteString) -> Crowd? {
    guard !style.isFull, let crowd = Crowd(path) else { return nil }
    switch crowd.kind {
    case .devices: return path.isIdleDevice ? crowd : nil
    case .processes: return isOwnProcess(path) ? crowd : nil
    // Devices, power, modules, control groups: whatever is written there does something.
    case .kernel: return nil
    default: return crowd
    }
  }

  /// What a process of the run has in /proc, not the whole system (/proc/sys, /proc/sysrq-trigger), nor somebody else's.
  private func isOwnProcess(_ path: ByteString) -> Bool {
    let parts = path.bytes.split(separator: UInt8(ascii: "/"), maxSplits: 3)
    guard parts.count > 2 else { return false }
    if parts[1].elementsEqual("self".utf8) || parts[1].elementsEqual("thread-self".utf8) { return true }
    guard let number = Int32(String(decoding: parts[1], as: UTF8.self)) else { return false }
    // Where processes are folded, not all of their numbers are known.
    return pids.contains(number) || inspection.processes.seen > inspection.processes.entries.count
  }
}

extension ByteString {
  /// A device that everything opens to write, and that keeps nothing: a sink, a source, a terminal.
  fileprivate var isIdleDevice: Bool {
    let name = text
    if ["/dev/pts/", "/dev/fd/"].contains(where: name.hasPrefix) { return true }
    guard name.hasPrefix("/dev/") else { return false }
    let device = name.dropFirst(5)
    // A terminal of the console's, not a serial line.
    if device.hasPrefix("tty"), device.dropFirst(3).allSatisfy(\.isNumber) { return true }
    return [
      "null", "zero", "full", "random", "urandom", "ptmx", "console", "stdin", "stdout", "stderr", "fd",
    ].contains(device)
  }
}
