// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Directories that the run made, and those it removed again: what lies in them is its own.
struct Traces {
  private var made: Set<ByteString> = []
  private var passed: Set<ByteString> = []

  init(_ files: FileTable) {
    for record in files.records where record.counts[.directoryCreated] > 0 && record.isCreated {
      made.insert(record.path)
      if record.isGone, record.counts[.directoryDeleted] > 0 { passed.insert(record.path) }
    }
  }

  /// Made by the run: it says so, or it lies in a directory that was new.
  func isMade(_ record: FileRecord) -> Bool {
    record.isCreated || (record.counts[.maybeCreated] > 0 && outermost(made, above: record.path) != nil)
  }

  /// Made by the run and deleted by it: its place, the directory that holds what is left of it.
  func passing(_ record: FileRecord) -> ByteString? {
    if let directory = outermost(passed, above: record.path) { return directory.directory }
    // A file without a name is gone when it is closed, whatever was done with it until then: unless it got
    // one, which is a link with another path.
    if record.counts[.temporary] > 0,
      record.path.basename.bytes.starts(with: "#".utf8)
        || record.counts.total == UInt64(record.counts[.temporary])
    {
      return record.path.directory
    }
    guard isMade(record), record.isGone, record.counts[.deleted] + record.counts[.directoryDeleted] > 0 else {
      return nil
    }
    return record.path.directory
  }

  /// Below a directory that was new.
  func isInMade(_ path: ByteString) -> Bool { outermost(made, above: path.directory) != nil }

  func isPassing(_ path: ByteString) -> Bool { outermost(passed, above: path) != nil }

  /// The uppermost of these directories that the path is, or lies below.
  private func outermost(_ directories: Set<ByteString>, above path: ByteString) -> ByteString? {
    if directories.isEmpty { return nil }
    for (index, byte) in path.bytes.enumerated() where byte == UInt8(ascii: "/") && index > 0 {
      let directory = ByteString(path.bytes[..<index])
      if directories.contains(directory) { return directory }
    }
    return directories.contains(path) ? path : nil
  }
}
