// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents

/// The calls that move bytes between files, and return how many: `a` is the descriptor that is read, `b` the one that is
/// written. What io_uring and mapped memory move goes through none of them.
extension SystemCall {
  static let bytes64: [SystemCall] = [
    bytes(0, "read", from: 0), bytes(17, "pread64", from: 0), bytes(19, "readv", from: 0),
    bytes(295, "preadv", from: 0), bytes(327, "preadv2", from: 0),
    bytes(1, "write", to: 0), bytes(18, "pwrite64", to: 0), bytes(20, "writev", to: 0),
    bytes(296, "pwritev", to: 0), bytes(328, "pwritev2", to: 0),
    bytes(40, "sendfile", from: 1, to: 0), bytes(326, "copy_file_range", from: 0, to: 2),
    bytes(275, "splice", from: 0, to: 2),
  ]

  static let bytes32: [SystemCall] = [
    bytes(3, "read", from: 0), bytes(180, "pread64", from: 0), bytes(145, "readv", from: 0),
    bytes(333, "preadv", from: 0), bytes(378, "preadv2", from: 0),
    bytes(4, "write", to: 0), bytes(181, "pwrite64", to: 0), bytes(146, "writev", to: 0),
    bytes(334, "pwritev", to: 0), bytes(379, "pwritev2", to: 0),
    bytes(187, "sendfile", from: 1, to: 0), bytes(239, "sendfile64", from: 1, to: 0),
    bytes(377, "copy_file_range", from: 0, to: 2), bytes(313, "splice", from: 0, to: 2),
  ].map {
    SystemCall(UInt32(HG_CALLS_32) + $0.row, $0.name, HG_CALL_BYTES, a: $0.shape.a, b: $0.shape.b, flags: [])
  }

  private static func bytes(_ row: UInt32, _ name: String, from: Int8 = -1, to: Int8 = -1) -> SystemCall {
    SystemCall(row, name, HG_CALL_BYTES, a: from, b: to, flags: [])
  }
}
