// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// The operations of io_uring, in rows behind those of the system calls: some are told like the calls that they stand for,
/// the others are counted.
extension SystemCall {
  /// `enum io_uring_op` of linux/io_uring.h, in order.
  private static let operations = [
    "NOP", "READV", "WRITEV", "FSYNC", "READ_FIXED", "WRITE_FIXED", "POLL_ADD", "POLL_REMOVE",
    "SYNC_FILE_RANGE", "SENDMSG", "RECVMSG", "TIMEOUT", "TIMEOUT_REMOVE", "ACCEPT", "ASYNC_CANCEL",
    "LINK_TIMEOUT", "CONNECT", "FALLOCATE", "OPENAT", "CLOSE", "FILES_UPDATE", "STATX", "READ", "WRITE",
    "FADVISE", "MADVISE", "SEND", "RECV", "OPENAT2", "EPOLL_CTL", "SPLICE", "PROVIDE_BUFFERS",
    "REMOVE_BUFFERS", "TEE", "SHUTDOWN", "RENAMEAT", "UNLINKAT", "MKDIRAT", "SYMLINKAT", "LINKAT",
    "MSG_RING", "FSETXATTR", "SETXATTR", "FGETXATTR", "GETXATTR", "SOCKET", "URING_CMD", "SEND_ZC",
    "SENDMSG_ZC", "READ_MULTISHOT", "WAITID", "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_WAITV",
    "FIXED_FD_INSTALL", "FTRUNCATE", "BIND", "LISTEN", "RECV_ZC", "EPOLL_WAIT", "READV_FIXED",
    "WRITEV_FIXED", "PIPE",
  ]

  private static let told: [String: hg_call_event] = [
    "OPENAT": HG_CALL_OPEN, "OPENAT2": HG_CALL_OPEN, "STATX": HG_CALL_LOOKUP, "RENAMEAT": HG_CALL_RENAME,
    "UNLINKAT": HG_CALL_UNLINK, "MKDIRAT": HG_CALL_MKDIR, "SYMLINKAT": HG_CALL_SYMLINK,
    "LINKAT": HG_CALL_LINK,
  ]

  /// Operations that are newer than this list have a row, too: HG_CALLS has room for them.
  static let uring: [SystemCall] = (0..<HG_CALLS - HG_CALLS_URING).map { number in
    SystemCall(
      UInt32(HG_CALLS_URING + number), "io_uring " + operation(number),
      number < operations.count ? told[operations[number]] ?? HG_CALL_URING : HG_CALL_URING, flags: [])
  }

  static func operation(_ number: Int) -> String {
    operations.indices.contains(number) ? operations[number] : "operation \(number)"
  }

  /// Whether it is an operation of io_uring, which has no teller of its own.
  var isOfUring: Bool { row >= HG_CALLS_URING }
}
