// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

extension Decoder {
  /// A variable that was looked up by a function of the C library or of bash.
  static func variable(
    _ record: hg_variable, _ reader: inout RecordReader
  ) throws(DecodeError) -> EnvironmentRead {
    let source: EnvironmentRead.Source
    switch hg_variable_source(record.source) {
    case HG_VARIABLE_LIBC: source = .libc
    case HG_VARIABLE_BASH: source = .bash
    default: throw .invalid(type: record.header.type)
    }
    // A name that cannot be read is told all the same: somebody looked for something.
    let name = try reader.text(record.name) ?? ""
    let value = try reader.text(record.value)
    guard record.is_set != 0 || value == nil else { throw .invalid(type: record.header.type) }
    var read = EnvironmentRead(source: source, name: name, isSet: record.is_set != 0, value: value)
    read.isTruncated =
      UInt32(record.name.flags | record.value.flags) & HG_TEXT_TRUNCATED.rawValue != 0
    return read
  }
}
