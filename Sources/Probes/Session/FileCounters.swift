// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Inspection

/// The kernel's sums of bytes by process and file (Programs/bytes.h): which file is which comes through the ring, the
/// sums are fetched when the process has ended.
struct FileCounters: ~Copyable {
  static let map = "file_counts"

  private let counts: BPFMap?
  private var files: [ProcessID: [Counted]] = [:]

  /// A file that a process has moved bytes of.
  struct Counted {
    var key: hg_file_key
    var target: PathArgument
    /// Who did it first: the event's common fields.
    var header: hg_header
  }

  /// Nil where bytes are not counted.
  init(_ counts: consuming BPFMap?) { self.counts = counts }

  static func isCounted(_ type: UInt32) -> Bool { type == HG_RECORD_FILE.rawValue }

  static func counted(_ reader: inout RecordReader) throws(DecodeError) -> Counted {
    let record = try reader.read(hg_file.self)
    let walk = try reader.path(record.walk)
    let flags = walk?.flags ?? 0
    let isPseudo = flags & HG_TEXT_PSEUDO.rawValue != 0
    return Counted(
      key: record.key,
      target: PathArgument(
        requested: nil, path: walk?.path, isTruncated: flags & HG_TEXT_TRUNCATED.rawValue != 0,
        isDeleted: flags & HG_TEXT_DELETED.rawValue != 0 && !isPseudo), header: record.header)
  }

  mutating func note(_ file: Counted) {
    let process = ProcessID(pid: Int32(bitPattern: file.key.pid), start: file.key.start)
    files[process, default: []].append(file)
  }

  /// What a process that has ended moved, file by file, in the order it began; forgotten here and in the kernel.
  mutating func take(_ process: ProcessID, at time: UInt64) throws(BPFError) -> [Event] {
    var events: [Event] = []
    for file in files.removeValue(forKey: process) ?? [] {
      guard let count = try counts?.lookup(file.key, as: hg_file_count.self) else { continue }
      try counts?.remove(file.key)
      events.append(Self.event(file, count, at: time))
    }
    return events
  }

  /// The same for all that are left, and for files whose name was lost.
  mutating func takeAll(at time: UInt64) throws(BPFError) -> [Event] {
    var events: [Event] = []
    for process in files.keys.sorted(by: { ($0.start, $0.pid) < ($1.start, $1.pid) }) {
      events += try take(process, at: time)
    }
    for (key, count) in try counts?.entries(key: hg_file_key.self, value: hg_file_count.self) ?? []
    where count.is_left_out == 0 {
      var header = hg_header()
      (header.pid, header.tid, header.start) = (key.pid, key.pid, key.start)
      let unknown = PathArgument(requested: nil, path: nil)
      events.append(Self.event(Counted(key: key, target: unknown, header: header), count, at: time))
      try counts?.remove(key)
    }
    return events
  }

  private static func event(_ file: Counted, _ count: hg_file_count, at time: UInt64) -> Event {
    var header = file.header
    header.time = time
    return Decoder.event(
      header,
      .fileIO(
        FileIO(
          target: file.target, bytesRead: count.read, bytesWritten: count.written, reads: count.reads,
          writes: count.writes)))
  }
}
