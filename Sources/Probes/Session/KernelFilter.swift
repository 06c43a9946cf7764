// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
public import Inspection

/// The kernel's side of a filter: constants that the verifier sees, and maps (Programs/filters.h).
extension Filter {
  /// The longest prefix, in bytes, and how many of each kind there may be.
  public static let prefixLimit = Int(HG_PREFIX_LIMIT), entryLimit = Int(HG_FILTER_ENTRIES)

  /// Before loading: the code of what is not asked for is left out.
  ///
  /// `needsProcesses`: Honeyguide itself needs to know of processes, whether or not they are to be told.
  func prepare(_ blueprint: inout Blueprint, needsProcesses: Bool) throws(BPFError) {
    var flags: UInt64 = 0
    func set(_ flag: hg_filter, when condition: Bool) { if condition { flags |= UInt64(flag.rawValue) } }
    set(HG_FILTER_UID, when: !uids.isEmpty)
    set(HG_FILTER_COMM, when: !comms.isEmpty)
    set(HG_FILTER_EXE, when: !exes.isEmpty)
    set(HG_FILTER_PATH, when: !paths.isEmpty)
    set(HG_FILTER_PATH_INCLUDED, when: paths.contains(where: \.isIncluded))
    set(HG_FILTER_PROCESSES, when: !has(.exec) && !needsProcesses)
    try blueprint.set(constant: "filters", to: flags)
  }

  func fill(_ object: borrowing LoadedObject) throws(BPFError) {
    let told = [UInt8(HG_VERDICT_TOLD.rawValue)], leftOut = [UInt8(HG_VERDICT_LEFT_OUT.rawValue)]
    let wantedUIDs = try object.map("wanted_uids")
    for uid in uids { try wantedUIDs.update(uid, told[0]) }
    let wantedComms = try object.map("wanted_comms")
    for comm in comms { try wantedComms.update(key: Self.padded(comm, to: 16), value: told) }
    let exePrefixes = try object.map("exe_prefixes")
    for exe in exes { try exePrefixes.update(key: Self.key(exe), value: told) }
    let pathPrefixes = try object.map("path_prefixes")
    for path in paths {
      try pathPrefixes.update(key: Self.key(path.text), value: path.isIncluded ? told : leftOut)
    }
  }

  /// A key of a longest-prefix trie: its length in bits, and its bytes.
  private static func key(_ prefix: ByteString) -> [UInt8] {
    let bits = UInt32(prefix.count * 8)
    return unsafe withUnsafeBytes(of: bits) { unsafe Array($0) } + padded(prefix, to: prefixLimit)
  }

  private static func padded(_ text: ByteString, to size: Int) -> [UInt8] {
    Array(text.bytes.prefix(size)) + Array(repeating: 0, count: max(0, size - text.count))
  }
}
