// SPDX-License-Identifier: Apache-2.0
internal import CProbeEvents
internal import Inspection

/// The environment that each living process was given at its last exec, or inherited from who forked it: what the
/// next exec's is compared with. Nothing is here where no environment is told.
struct Environments {
  private var waiting: [UInt32: Environment] = [:]
  private var given: [ProcessID: Environment] = [:]
  /// How many bytes may be kept; beyond, nothing is compared with.
  private static let limit = 64 << 20
  private var kept = 0

  private static func process(_ header: hg_header) -> ProcessID {
    ProcessID(pid: Int32(bitPattern: header.pid), start: header.start)
  }

  /// What an exec that follows was given.
  mutating func note(_ thread: UInt32, _ bytes: [UInt8], isCut: Bool) {
    waiting[thread] = Environment(bytes, isCut: isCut)
  }

  mutating func exec(_ header: hg_header, flags: UInt32) -> EnvironmentDifference? {
    let new = waiting.removeValue(forKey: header.tid)
    let process = Self.process(header)
    let old = forget(process)
    if flags & HG_EXEC_ENVIRONMENT_UNREADABLE.rawValue != 0 { return .unreadable }
    guard flags & HG_EXEC_ENVIRONMENT_APART.rawValue != 0, let new else { return nil }
    keep(new, of: process)
    return EnvironmentDifference(from: old, to: new)
  }

  mutating func fork(_ header: hg_header, _ child: ProcessID) {
    if let environment = given[Self.process(header)] { keep(environment, of: child) }
  }

  mutating func exit(_ header: hg_header) {
    waiting[header.pid] = nil
    _ = forget(Self.process(header))
  }

  private mutating func keep(_ environment: Environment, of process: ProcessID) {
    guard kept + environment.size <= Self.limit else { return }
    if let before = given.updateValue(environment, forKey: process) { kept -= before.size }
    kept += environment.size
  }

  private mutating func forget(_ process: ProcessID) -> Environment? {
    let environment = given.removeValue(forKey: process)
    kept -= environment?.size ?? 0
    return environment
  }
}
