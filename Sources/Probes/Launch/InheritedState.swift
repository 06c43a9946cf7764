// SPDX-License-Identifier: Apache-2.0
internal import CLaunch

/// What this process was started with and the command is to have again: blocked and ignored signals, limits.
///
/// Take it before anything of Honeyguide changes them (libbpf raises RLIMIT_MEMLOCK on old kernels).
public struct InheritedState: Sendable {
  var raw = hg_inherited()

  /// As the calling thread has them now.
  public init() { unsafe hg_inherited_read(&raw) }

  /// Bit n-1 stands for signal n.
  var blockedSignals: UInt64 { raw.blocked }
  var ignoredSignals: UInt64 { raw.ignored }
}
