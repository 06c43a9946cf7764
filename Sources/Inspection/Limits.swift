// SPDX-License-Identifier: Apache-2.0

/// How much an `Inspection` remembers one by one. What is beyond is folded, and counted; nothing is forgotten
/// without a number. The defaults hold it within 64 MiB, and another 32 MiB for
/// what is seen inside of programs.
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
  /// Variables of the environment, the different answers that one had, and bytes for all of it.
  public var variables = 4_096
  public var answersOfVariable = 64
  public var environmentBytes = 4 << 20
  /// Functions of interpreted languages, and bytes for their names.
  public var functions = 32_768
  public var functionBytes = 8 << 20
  /// What was done in them by each process, all processes together; and processes told apart.
  public var functionsOfProcesses = 40_000
  public var profiledProcesses = 2_048

  public init() {}
}
