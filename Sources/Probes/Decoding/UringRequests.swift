// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// Requests of io_uring that were submitted and are not complete: what they ask for is known first, how they ended later.
struct UringRequests {
  private var pending: [UInt64: [UInt8]] = [:]
  /// How many were given up, so that memory is bounded.
  private(set) var dropped: UInt64 = 0
  private static let limit = 65_536

  /// Remembers an `hg_paths` whose result is the request.
  mutating func submit(_ record: RawSpan, _ key: UInt64) {
    if pending.count >= Self.limit {
      dropped += UInt64(pending.count)
      pending.removeAll()
    }
    pending[key] = unsafe record.withUnsafeBytes { unsafe Array($0) }
  }

  /// The request that is complete now; nil where its beginning was lost.
  mutating func complete(_ key: UInt64) -> [UInt8]? { pending.removeValue(forKey: key) }
}

extension Decoder {
  /// A request that is complete, as an event of the call that it stands for.
  func uring(
    _ done: hg_uring_done, _ resolved: (path: ByteString, flags: UInt32)?, _ request: [UInt8]
  ) throws(DecodeError) -> Event? {
    var reader = unsafe RecordReader(request.span.bytes)
    var record = try reader.read(hg_paths.self)
    record.result = Int64(done.result)
    record.file_mode = done.file_mode
    var body = try pathCall(record, &reader)
    if case .open(var open) = body {
      // The kernel adds O_LARGEFILE before anybody sees the flags.
      open.flags = OpenFlags(rawValue: open.flags.rawValue & ~0o100000)
      body = .open(open)
    }
    if let resolved, case .open(var open) = body {
      let isPseudo = resolved.flags & HG_TEXT_PSEUDO.rawValue != 0
      open.target.path = resolved.path
      open.target.isTruncated = resolved.flags & HG_TEXT_TRUNCATED.rawValue != 0
      open.target.isDeleted = resolved.flags & HG_TEXT_DELETED.rawValue != 0 && !isPseudo
      body = .open(open)
    }
    var header = record.header
    header.time = done.header.time
    return Self.event(header, body)
  }
}
