// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// A system call that is told about: how it takes its paths, for the kernel's table, and its name.
struct SystemCall: Sendable {
  /// Its place in the kernel's table (`HG_CALLS_32`).
  let row: UInt32
  let name: String
  let shape: hg_call

  /// Arguments are numbered from 0. `directory` is the descriptor that a relative name starts at; without one it
  /// is the working directory. `a` and `b` are the arguments that the event keeps as numbers. Of a call on a socket see
  /// `hg_call`.
  init(
    _ row: UInt32, _ name: String, _ event: hg_call_event, directory: Int8 = -1, path: Int8 = -1,
    directory2: Int8 = -1, path2: Int8 = -1, a: Int8 = -1, b: Int8 = -1, text: Int8 = -1,
    flags: [hg_call_flag]
  ) {
    self.row = row
    self.name = name
    shape = hg_call(
      event: UInt8(event.rawValue), takes_paths: 0, flags: UInt16(flags.reduce(0) { $0 | $1.rawValue }),
      directory: directory,
      path: path, directory2: directory2, path2: path2, a: a, b: b, text: text, is_in_32_bit: 0)
  }

  private init(
    _ row: UInt32, _ name: String, _ event: hg_call_event, directory: Int8 = -1, path: Int8 = -1,
    directory2: Int8 = -1, path2: Int8 = -1, a: Int8 = -1, b: Int8 = -1, text: Int8 = -1,
    _ flags: hg_call_flag...
  ) {
    self.init(
      row, name, event, directory: directory, path: path, directory2: directory2, path2: path2, a: a, b: b,
      text: text, flags: flags)
  }

  /// The kernel's program that tells about it; nil for calls that take paths, which the hook itself tells.
  var teller: String? {
    switch hg_call_event(UInt32(shape.event)) {
    case HG_CALL_UNSHARE, HG_CALL_SET_ID, HG_CALL_NAME, HG_CALL_PTRACE, HG_CALL_SIGNAL: "act_call"
    case HG_CALL_BYTES: "bytes_call"
    case _ where group == .net: "socket_call"
    default: nil
    }
  }

  var group: Filter.Group {
    switch hg_call_event(UInt32(shape.event)) {
    case HG_CALL_EXEC: .exec
    case HG_CALL_OPEN: .open
    case HG_CALL_LOOKUP: .lookup
    case HG_CALL_CONNECT, HG_CALL_ACCEPT, HG_CALL_LISTEN, HG_CALL_BIND, HG_CALL_SEND,
      HG_CALL_OUTCOME:
      .net
    case HG_CALL_MOUNT, HG_CALL_UMOUNT, HG_CALL_CHROOT, HG_CALL_PIVOT_ROOT, HG_CALL_SETNS, HG_CALL_UNSHARE,
      HG_CALL_SET_ID, HG_CALL_NAME, HG_CALL_PTRACE, HG_CALL_SIGNAL, HG_CALL_URING:
      .system
    default: .change
    }
  }

  /// What `--bytes` counts.
  var isOfBytes: Bool { UInt32(shape.event) == HG_CALL_BYTES.rawValue }

  /// What the kernel's table holds by row, for these calls.
  static func shapes(of calls: [SystemCall]) -> [UInt32: hg_call] {
    var shapes: [UInt32: hg_call] = [:]
    for call in calls {
      shapes[call.row] = call.shape
      shapes[call.row]?.takes_paths = call.teller == nil ? 1 : 0
    }
    let firstOfSocketcall = UInt32(HG_CALLS_SOCKETCALL), end = UInt32(HG_CALLS_URING)
    for row in shapes.keys where row >= UInt32(HG_CALLS_32) && row < end {
      // What a call is by the 32-bit convention, the 64-bit one's of the same number has to tell.
      let number = row < firstOfSocketcall ? row - UInt32(HG_CALLS_32) : socketcall
      shapes[number, default: hg_call()].is_in_32_bit = 1
    }
    return shapes
  }

  /// The 32-bit convention's number of socketcall(2).
  private static let socketcall: UInt32 = 102

  /// All of them.
  static let table = table64 + table32 + bytes64 + bytes32 + uring

  /// The calls of x86-64's 64-bit table (arch/x86/entry/syscalls/syscall_64.tbl).
  private static let table64: [SystemCall] = [
    SystemCall(59, "execve", HG_CALL_EXEC, path: 0, HG_CALL_ONLY_FAILED),
    SystemCall(322, "execveat", HG_CALL_EXEC, directory: 0, path: 1, a: 4, HG_CALL_ONLY_FAILED),

    SystemCall(2, "open", HG_CALL_OPEN, path: 0, a: 1, b: 2, HG_CALL_RESULT_FD),
    SystemCall(257, "openat", HG_CALL_OPEN, directory: 0, path: 1, a: 2, b: 3, HG_CALL_RESULT_FD),
    SystemCall(
      437, "openat2", HG_CALL_OPEN, directory: 0, path: 1, a: 2, HG_CALL_RESULT_FD, HG_CALL_HOW),
    SystemCall(85, "creat", HG_CALL_OPEN, path: 0, b: 1, HG_CALL_RESULT_FD),

    SystemCall(4, "stat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
    SystemCall(6, "lstat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
    SystemCall(
      262, "newfstatat", HG_CALL_LOOKUP, directory: 0, path: 1, a: 3, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
    SystemCall(
      332, "statx", HG_CALL_LOOKUP, directory: 0, path: 1, a: 2, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
    SystemCall(21, "access", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
    SystemCall(269, "faccessat", HG_CALL_LOOKUP, directory: 0, path: 1, HG_CALL_ONCE),
    SystemCall(
      439, "faccessat2", HG_CALL_LOOKUP, directory: 0, path: 1, a: 3, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
    SystemCall(89, "readlink", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
    SystemCall(267, "readlinkat", HG_CALL_LOOKUP, directory: 0, path: 1, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),

    SystemCall(87, "unlink", HG_CALL_UNLINK, path: 0),
    SystemCall(263, "unlinkat", HG_CALL_UNLINK, directory: 0, path: 1, a: 2),
    SystemCall(84, "rmdir", HG_CALL_RMDIR, path: 0),
    SystemCall(83, "mkdir", HG_CALL_MKDIR, path: 0, a: 1),
    SystemCall(258, "mkdirat", HG_CALL_MKDIR, directory: 0, path: 1, a: 2),
    SystemCall(82, "rename", HG_CALL_RENAME, path: 0, path2: 1),
    SystemCall(264, "renameat", HG_CALL_RENAME, directory: 0, path: 1, directory2: 2, path2: 3),
    SystemCall(316, "renameat2", HG_CALL_RENAME, directory: 0, path: 1, directory2: 2, path2: 3, a: 4),
    SystemCall(86, "link", HG_CALL_LINK, path: 0, path2: 1),
    SystemCall(265, "linkat", HG_CALL_LINK, directory: 0, path: 1, directory2: 2, path2: 3, a: 4),
    SystemCall(88, "symlink", HG_CALL_SYMLINK, path: 1, path2: 0, HG_CALL_SECOND_TEXT),
    SystemCall(266, "symlinkat", HG_CALL_SYMLINK, directory: 1, path: 2, path2: 0, HG_CALL_SECOND_TEXT),
    SystemCall(76, "truncate", HG_CALL_TRUNCATE, path: 0, a: 1),
    SystemCall(77, "ftruncate", HG_CALL_TRUNCATE, directory: 0, a: 1),
    SystemCall(90, "chmod", HG_CALL_CHMOD, path: 0, a: 1),
    SystemCall(91, "fchmod", HG_CALL_CHMOD, directory: 0, a: 1),
    SystemCall(268, "fchmodat", HG_CALL_CHMOD, directory: 0, path: 1, a: 2),
    SystemCall(452, "fchmodat2", HG_CALL_CHMOD, directory: 0, path: 1, a: 2, b: 3),
    SystemCall(92, "chown", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
    SystemCall(93, "fchown", HG_CALL_CHOWN, directory: 0, a: 1, b: 2),
    SystemCall(94, "lchown", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
    SystemCall(260, "fchownat", HG_CALL_CHOWN, directory: 0, path: 1, a: 2, b: 3),
    SystemCall(80, "chdir", HG_CALL_CHDIR, path: 0, HG_CALL_RESULT_CWD),
    SystemCall(81, "fchdir", HG_CALL_CHDIR, directory: 0, HG_CALL_RESULT_CWD),

    SystemCall(304, "open_by_handle_at", HG_CALL_OPEN, directory: 0, a: 2, HG_CALL_RESULT_FD),
    SystemCall(133, "mknod", HG_CALL_MKNOD, path: 0, a: 1, b: 2),
    SystemCall(259, "mknodat", HG_CALL_MKNOD, directory: 0, path: 1, a: 2, b: 3),
    SystemCall(165, "mount", HG_CALL_MOUNT, path: 1, path2: 0, a: 3, text: 2, HG_CALL_SECOND_TEXT),
    SystemCall(429, "move_mount", HG_CALL_MOUNT, directory: 2, path: 3, directory2: 0, path2: 1, a: 4),
    SystemCall(166, "umount2", HG_CALL_UMOUNT, path: 0, a: 1),
    SystemCall(161, "chroot", HG_CALL_CHROOT, path: 0, HG_CALL_MOVES, HG_CALL_RESULT_ROOT),
    SystemCall(155, "pivot_root", HG_CALL_PIVOT_ROOT, path: 0, path2: 1, HG_CALL_MOVES),
    SystemCall(308, "setns", HG_CALL_SETNS, directory: 0, a: 1, HG_CALL_MOVES),
    SystemCall(272, "unshare", HG_CALL_UNSHARE),
    SystemCall(101, "ptrace", HG_CALL_PTRACE),
    SystemCall(157, "prctl", HG_CALL_NAME),
    SystemCall(105, "setuid", HG_CALL_SET_ID),
    SystemCall(106, "setgid", HG_CALL_SET_ID),
    SystemCall(113, "setreuid", HG_CALL_SET_ID),
    SystemCall(114, "setregid", HG_CALL_SET_ID),
    SystemCall(116, "setgroups", HG_CALL_SET_ID),
    SystemCall(117, "setresuid", HG_CALL_SET_ID),
    SystemCall(119, "setresgid", HG_CALL_SET_ID),
    SystemCall(122, "setfsuid", HG_CALL_SET_ID),
    SystemCall(123, "setfsgid", HG_CALL_SET_ID),
    SystemCall(62, "kill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
    SystemCall(200, "tkill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
    SystemCall(234, "tgkill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
    SystemCall(129, "rt_sigqueueinfo", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
    SystemCall(297, "rt_tgsigqueueinfo", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
    SystemCall(424, "pidfd_send_signal", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),

    SystemCall(42, "connect", HG_CALL_CONNECT, directory: 0, path: 1, a: 2),
    SystemCall(43, "accept", HG_CALL_ACCEPT, directory: 0),
    SystemCall(288, "accept4", HG_CALL_ACCEPT, directory: 0),
    SystemCall(50, "listen", HG_CALL_LISTEN, directory: 0, a: 1),
    SystemCall(49, "bind", HG_CALL_BIND, directory: 0, path: 1, a: 2),
    SystemCall(44, "sendto", HG_CALL_SEND, directory: 0, path: 4, a: 5),
    SystemCall(46, "sendmsg", HG_CALL_SEND, directory: 0, path2: 1),
    SystemCall(307, "sendmmsg", HG_CALL_SEND, directory: 0, path2: 1, a: 2),
    SystemCall(55, "getsockopt", HG_CALL_OUTCOME, directory: 0),
  ]

  /// The name of a call by its row.
  static let names: [UInt32: String] = Dictionary(
    uniqueKeysWithValues: table.map { ($0.row, $0.name) })
}
