// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents

/// The calls of the 32-bit convention (int $0x80, sysenter): other numbers, other registers, some calls of its own.
extension SystemCall {
  /// arch/x86/entry/syscalls/syscall_32.tbl
  static let table32: [SystemCall] =
    [
      i386(11, "execve", HG_CALL_EXEC, path: 0, HG_CALL_ONLY_FAILED),
      i386(358, "execveat", HG_CALL_EXEC, directory: 0, path: 1, a: 4, HG_CALL_ONLY_FAILED),

      i386(5, "open", HG_CALL_OPEN, path: 0, a: 1, b: 2, HG_CALL_RESULT_FD),
      i386(295, "openat", HG_CALL_OPEN, directory: 0, path: 1, a: 2, b: 3, HG_CALL_RESULT_FD),
      i386(437, "openat2", HG_CALL_OPEN, directory: 0, path: 1, a: 2, HG_CALL_RESULT_FD, HG_CALL_HOW),
      i386(8, "creat", HG_CALL_OPEN, path: 0, b: 1, HG_CALL_RESULT_FD),

      i386(18, "oldstat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(84, "oldlstat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(106, "stat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(107, "lstat", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(195, "stat64", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(196, "lstat64", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(
        300, "fstatat64", HG_CALL_LOOKUP, directory: 0, path: 1, a: 3, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
      i386(383, "statx", HG_CALL_LOOKUP, directory: 0, path: 1, a: 2, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
      i386(33, "access", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(307, "faccessat", HG_CALL_LOOKUP, directory: 0, path: 1, HG_CALL_ONCE),
      i386(
        439, "faccessat2", HG_CALL_LOOKUP, directory: 0, path: 1, a: 3, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),
      i386(85, "readlink", HG_CALL_LOOKUP, path: 0, HG_CALL_ONCE),
      i386(305, "readlinkat", HG_CALL_LOOKUP, directory: 0, path: 1, HG_CALL_ONCE, HG_CALL_NO_DESCRIPTOR),

      i386(10, "unlink", HG_CALL_UNLINK, path: 0),
      i386(301, "unlinkat", HG_CALL_UNLINK, directory: 0, path: 1, a: 2),
      i386(40, "rmdir", HG_CALL_RMDIR, path: 0),
      i386(39, "mkdir", HG_CALL_MKDIR, path: 0, a: 1),
      i386(296, "mkdirat", HG_CALL_MKDIR, directory: 0, path: 1, a: 2),
      i386(38, "rename", HG_CALL_RENAME, path: 0, path2: 1),
      i386(302, "renameat", HG_CALL_RENAME, directory: 0, path: 1, directory2: 2, path2: 3),
      i386(353, "renameat2", HG_CALL_RENAME, directory: 0, path: 1, directory2: 2, path2: 3, a: 4),
      i386(9, "link", HG_CALL_LINK, path: 0, path2: 1),
      i386(303, "linkat", HG_CALL_LINK, directory: 0, path: 1, directory2: 2, path2: 3, a: 4),
      i386(83, "symlink", HG_CALL_SYMLINK, path: 1, path2: 0, HG_CALL_SECOND_TEXT),
      i386(304, "symlinkat", HG_CALL_SYMLINK, directory: 1, path: 2, path2: 0, HG_CALL_SECOND_TEXT),
      i386(92, "truncate", HG_CALL_TRUNCATE, path: 0, a: 1),
      i386(93, "ftruncate", HG_CALL_TRUNCATE, directory: 0, a: 1),
      i386(193, "truncate64", HG_CALL_TRUNCATE, path: 0, a: 1, b: 2, HG_CALL_HALVES),
      i386(194, "ftruncate64", HG_CALL_TRUNCATE, directory: 0, a: 1, b: 2, HG_CALL_HALVES),
      i386(15, "chmod", HG_CALL_CHMOD, path: 0, a: 1),
      i386(94, "fchmod", HG_CALL_CHMOD, directory: 0, a: 1),
      i386(306, "fchmodat", HG_CALL_CHMOD, directory: 0, path: 1, a: 2),
      i386(452, "fchmodat2", HG_CALL_CHMOD, directory: 0, path: 1, a: 2, b: 3),
      i386(182, "chown", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
      i386(95, "fchown", HG_CALL_CHOWN, directory: 0, a: 1, b: 2),
      i386(16, "lchown", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
      i386(212, "chown32", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
      i386(207, "fchown32", HG_CALL_CHOWN, directory: 0, a: 1, b: 2),
      i386(198, "lchown32", HG_CALL_CHOWN, path: 0, a: 1, b: 2),
      i386(298, "fchownat", HG_CALL_CHOWN, directory: 0, path: 1, a: 2, b: 3),
      i386(12, "chdir", HG_CALL_CHDIR, path: 0, HG_CALL_RESULT_CWD),
      i386(133, "fchdir", HG_CALL_CHDIR, directory: 0, HG_CALL_RESULT_CWD),

      i386(342, "open_by_handle_at", HG_CALL_OPEN, directory: 0, a: 2, HG_CALL_RESULT_FD),
      i386(14, "mknod", HG_CALL_MKNOD, path: 0, a: 1, b: 2),
      i386(297, "mknodat", HG_CALL_MKNOD, directory: 0, path: 1, a: 2, b: 3),
      i386(21, "mount", HG_CALL_MOUNT, path: 1, path2: 0, a: 3, text: 2, HG_CALL_SECOND_TEXT),
      i386(429, "move_mount", HG_CALL_MOUNT, directory: 2, path: 3, directory2: 0, path2: 1, a: 4),
      i386(22, "umount", HG_CALL_UMOUNT, path: 0),
      i386(52, "umount2", HG_CALL_UMOUNT, path: 0, a: 1),
      i386(61, "chroot", HG_CALL_CHROOT, path: 0, HG_CALL_MOVES, HG_CALL_RESULT_ROOT),
      i386(217, "pivot_root", HG_CALL_PIVOT_ROOT, path: 0, path2: 1, HG_CALL_MOVES),
      i386(346, "setns", HG_CALL_SETNS, directory: 0, a: 1, HG_CALL_MOVES),
      i386(310, "unshare", HG_CALL_UNSHARE),
      i386(26, "ptrace", HG_CALL_PTRACE),
      i386(172, "prctl", HG_CALL_NAME),
      i386(37, "kill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
      i386(238, "tkill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
      i386(270, "tgkill", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
      i386(178, "rt_sigqueueinfo", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
      i386(335, "rt_tgsigqueueinfo", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),
      i386(424, "pidfd_send_signal", HG_CALL_SIGNAL, HG_CALL_ONLY_FAILED),

      i386(362, "connect", HG_CALL_CONNECT, directory: 0, path: 1, a: 2),
      i386(364, "accept4", HG_CALL_ACCEPT, directory: 0),
      i386(363, "listen", HG_CALL_LISTEN, directory: 0, a: 1),
      i386(361, "bind", HG_CALL_BIND, directory: 0, path: 1, a: 2),
      i386(369, "sendto", HG_CALL_SEND, directory: 0, path: 4, a: 5),
      i386(370, "sendmsg", HG_CALL_SEND, directory: 0, path2: 1),
      i386(345, "sendmmsg", HG_CALL_SEND, directory: 0, path2: 1, a: 2),
      i386(365, "getsockopt", HG_CALL_OUTCOME, directory: 0),
      socketcall(3, "connect", HG_CALL_CONNECT, path: 1, a: 2),
      socketcall(5, "accept", HG_CALL_ACCEPT),
      socketcall(18, "accept4", HG_CALL_ACCEPT),
      socketcall(4, "listen", HG_CALL_LISTEN, a: 1),
      socketcall(2, "bind", HG_CALL_BIND, path: 1, a: 2),
      socketcall(9, "send", HG_CALL_SEND),
      socketcall(11, "sendto", HG_CALL_SEND, path: 4, a: 5),
      socketcall(16, "sendmsg", HG_CALL_SEND, path2: 1),
      socketcall(20, "sendmmsg", HG_CALL_SEND, path2: 1, a: 2),
      socketcall(15, "getsockopt", HG_CALL_OUTCOME),
    ] + setIDs.map { i386($0, $1, HG_CALL_SET_ID) }

  /// Those of 32 bits, then those of 16.
  private static let setIDs: [(UInt32, String)] = [
    (213, "setuid32"), (214, "setgid32"), (203, "setreuid32"), (204, "setregid32"), (206, "setgroups32"),
    (208, "setresuid32"), (210, "setresgid32"), (215, "setfsuid32"), (216, "setfsgid32"),
    (23, "setuid"), (46, "setgid"), (70, "setreuid"), (71, "setregid"), (81, "setgroups"), (164, "setresuid"),
    (170, "setresgid"), (138, "setfsuid"), (139, "setfsgid"),
  ]

  /// Whether a row's numbers are narrower than those of the 64-bit call of that name: lengths of 32 bits, users and
  /// groups of 16.
  static func isShort(_ row: UInt32) -> Bool { shortRows.contains(row) }

  private static let shortRows = Set(
    [92, 93, 16, 95, 182, 23, 46, 70, 71, 164, 170, 138, 139].map { UInt32(HG_CALLS_32) + $0 })

  private static func i386(
    _ number: UInt32, _ name: String, _ event: hg_call_event, directory: Int8 = -1, path: Int8 = -1,
    directory2: Int8 = -1, path2: Int8 = -1, a: Int8 = -1, b: Int8 = -1, text: Int8 = -1,
    _ flags: hg_call_flag...
  ) -> SystemCall {
    SystemCall(
      UInt32(HG_CALLS_32) + number, name, event, directory: directory, path: path,
      directory2: directory2, path2: path2, a: a, b: b, text: text, flags: flags)
  }

  /// One of those that go through socketcall, by SYS_* of linux/net.h.
  private static func socketcall(
    _ number: UInt32, _ name: String, _ event: hg_call_event, path: Int8 = -1, path2: Int8 = -1, a: Int8 = -1
  ) -> SystemCall {
    SystemCall(
      UInt32(HG_CALLS_SOCKETCALL) + number, name, event, directory: 0, path: path, path2: path2, a: a,
      flags: [])
  }
}
