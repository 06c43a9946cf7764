// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

extension Decoder {
  /// A file that was open when Honeyguide attached.
  static func existing(
    _ record: hg_existing_file, _ reader: inout RecordReader
  ) throws(DecodeError) -> ExistingFile {
    let walk = try reader.path(record.walk)
    // A socket has a record of its own; what has no address any more is told as other.
    let kind = kind(record.mode) == .socket ? .other : kind(record.mode)
    guard record.number >= 0 else { throw .invalid(type: record.header.type) }
    return ExistingFile(
      descriptor: record.number, kind: kind, target: target(record.walk, walk),
      flags: flags(record.flags), position: record.position)
  }

  /// A socket that was there when Honeyguide attached.
  static func existing(
    _ record: hg_socket, _ reader: inout RecordReader
  ) throws(DecodeError) -> ExistingFile {
    let (transport, local, remote) = try ends(record, &reader)
    guard record.number >= 0 else { throw .invalid(type: record.header.type) }
    return ExistingFile(
      descriptor: record.number, kind: .socket,
      target: PathArgument(requested: nil, path: ByteString("socket:[\(record.received)]")),
      flags: flags(UInt32(truncatingIfNeeded: record.sent)),
      socket: .init(
        transport: transport, local: local, remote: remote,
        state: transport == .tcp ? states[record.call] : nil))
  }

  private static func target(_ record: hg_walk, _ walk: (path: ByteString, flags: UInt32)?) -> PathArgument {
    argument(nil, hg_text(size: 0, flags: UInt16(HG_TEXT_ABSENT.rawValue)), walk, isResolved: true)
  }

  private static func flags(_ word: UInt32) -> OpenFlags { OpenFlags(rawValue: UInt64(word & ~0o2000000)) }

  private static func kind(_ mode: UInt32) -> ExistingFile.Kind {
    switch mode & 0o170000 {
    case 0o100000: .file
    case 0o040000: .directory
    case 0o120000: .symlink
    case 0o060000: .block
    case 0o020000: .character
    case 0o010000: .fifo
    case 0o140000: .socket
    default: .other
    }
  }

  /// The kernel's TCP_*.
  private static let states: [UInt32: String] = [
    1: "established", 2: "syn-sent", 3: "syn-recv", 4: "fin-wait-1", 5: "fin-wait-2", 6: "time-wait",
    7: "closed",
    8: "close-wait", 9: "last-ack", 10: "listen", 11: "closing", 12: "syn-recv",
  ]
}
