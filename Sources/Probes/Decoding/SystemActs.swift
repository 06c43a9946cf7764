// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// What processes do to their place in the system and to each other.
extension Decoder {
  /// A call without a path.
  static func act(_ record: hg_act) -> Event.Body? {
    let call = SystemCall.names[record.call] ?? "system call \(record.call)"
    let words = [record.arguments.0, record.arguments.1, record.arguments.2, record.arguments.3]
    let numbers = words.map { Int32(truncatingIfNeeded: $0) }
    let error = failure(record.result)
    switch hg_call_event(record.event) {
    case HG_CALL_UNSHARE:
      return .act(SystemAct(kind: .unshare, call: call, flags: words[0] & 0xffff_ffff, error: error))
    case HG_CALL_NAME: return .act(SystemAct(kind: .name, call: call, error: error))
    case HG_CALL_PTRACE:
      return .act(SystemAct(kind: .ptrace, call: call, arguments: Array(numbers[..<2]), error: error))
    case HG_CALL_SIGNAL:
      // tgkill and its relatives name the group first, then the thread.
      let hasGroup = call == "tgkill" || call == "rt_tgsigqueueinfo"
      let arguments = hasGroup ? [numbers[1], numbers[2]] : [numbers[0], numbers[1]]
      return .act(SystemAct(kind: .kill, call: call, arguments: arguments, error: error))
    case HG_CALL_SET_ID:
      let ids = record.ids
      let count = call.contains("res") ? 3 : call.contains("re") ? 2 : 1
      // The old calls have 16 bits, of which -1 is "as it was".
      let isShort = SystemCall.isShort(record.call)
      return .act(
        SystemAct(
          kind: .setID, call: call,
          arguments: numbers[..<count].map { isShort ? ($0 & 0xffff == 0xffff ? -1 : $0 & 0xffff) : $0 },
          ids: SystemAct.IDs(
            users: [ids.0, ids.1, ids.2, ids.3], groups: [ids.4, ids.5, ids.6, ids.7]), error: error))
    default: return nil
    }
  }

  static func signal(_ record: hg_signal) -> SignalSent {
    let comm = unsafe withUnsafeBytes(of: record.other_comm) {
      unsafe ByteString($0.prefix(15).prefix { $0 != 0 })
    }
    return SignalSent(
      signal: Signal(record.number),
      other: ProcessID(pid: Int32(bitPattern: record.other_pid), start: record.other_start), otherComm: comm,
      isReceived: record.is_received != 0)
  }

  /// A call with paths.
  static func act(
    _ event: hg_call_event, _ call: String, _ record: hg_paths, target: PathArgument, source: PathArgument?,
    text: ByteString?, error: ErrorNumber?
  ) -> SystemAct? {
    let flags = record.a & 0xffff_ffff
    switch event {
    case HG_CALL_MOUNT:
      return SystemAct(
        kind: .mount, call: call, target: target, source: source, fileSystem: text,
        flags: call == "mount" ? record.a : flags, error: error)
    case HG_CALL_UMOUNT:
      return SystemAct(kind: .umount, call: call, target: target, flags: flags, error: error)
    case HG_CALL_CHROOT: return SystemAct(kind: .chroot, call: call, target: target, error: error)
    case HG_CALL_PIVOT_ROOT:
      return SystemAct(kind: .pivotRoot, call: call, target: target, source: source, error: error)
    case HG_CALL_SETNS:
      return SystemAct(kind: .setns, call: call, target: target, flags: flags, error: error)
    default: return nil
    }
  }
}
