// SPDX-License-Identifier: Apache-2.0

/// What is to be loaded of an object, and how: all that its parts have in common.
struct Recipe: Sendable {
  /// The map that holds the constants.
  static let constants = ".rodata"

  let name: String
  /// The names of the programs to load.
  var programs: Set<String> = []
  /// How uprobes among them will be attached (`enum bpf_attach_type`).
  var attachTypes: [String: UInt32] = [:]
  /// The values of constants, by their names.
  var values: [String: [UInt8]] = [:]
}
