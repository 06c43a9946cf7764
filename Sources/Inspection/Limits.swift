// SPDX-License-Identifier: Apache-2.0

/// How much an `Inspection` remembers one by one. What is beyond is folded, and counted; nothing is forgotten
/// without a number. The defaults hold it within 64 MiB.
public struct Limits: Hashable, Sendable {
  /// Distinct paths.
  public var paths = 100_000
  /// Bytes for paths and what was done with them.
  public var pathBytes = 44 << 20
  /// Processes that have ended; those that run are always kept.
  public var processes = 8_192
  /// Bytes for arguments, working directories and names of processes.
  public var processBytes = 12 << 20
  /// Execs, failed searches included, of one process.
  public var stepsOfProcess = 64
  /// Programs told apart where they touch a file.
  public var programs = 4_096
  /// Programs remembered for one path, with what each met there.
  public var touchesOfPath = 16
  /// Pairs of a process and a remote address; as many of a program and an address that it offers.
  public var connections = 2_048
  /// Renames, links and symbolic links, each with both names.
  public var moves = 4_096

  public init() {}
}
