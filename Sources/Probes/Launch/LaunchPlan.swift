// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// Who the command runs as, and with which environment.
public struct LaunchPlan: Hashable, Sendable {
  public var identity: Identity
  public var environment: EnvironmentBlock
  /// Sentences for the page, where the environment is not the one the user has.
  public var notes: [String]

  public init(identity: Identity, environment: EnvironmentBlock, notes: [String] = []) {
    self.identity = identity
    self.environment = environment
    self.notes = notes
  }

  /// Follows the options.
  ///
  /// - The invoking user (the default) has the environment sudo itself was started with, the variables on
  ///   sudo's command line, and what was changed between sudo and us.
  /// - `keepsGivenEnvironment` (`--sudo-env`) keeps what we were given.
  /// - root (`--as-root`) has what we were given, as under sudo alone.
  /// - Another user (`--user`) has what we were given, with HOME, USER, LOGNAME and SHELL of their own.
  public init(
    _ choice: IdentityChoice, keepsGivenEnvironment: Bool = false,
    given: EnvironmentBlock = .ours, table: ProcFileSystem = ProcFileSystem()
  ) throws(LaunchError) {
    let ours = Identity.ours
    let elevation = Elevation.nearest(above: getpid(), in: table)
    switch choice {
    case .root:
      guard ours.uid == 0 else { throw .notAllowed(option: "--as-root") }
      self.init(identity: ours, environment: given)
      return
    case .user(let name):
      let user = try Identity.user(name)
      guard ours.uid == 0 || user.uid == ours.uid else { throw .notAllowed(option: "--user \(name.quoted)") }
      // Who called us need not be known for that, and then is somebody else.
      let caller = try? Identity.invoking(environment: given, nearest: elevation?.tool) ?? ours
      guard let caller, caller.uid == user.uid else {
        self.init(identity: user, environment: keepsGivenEnvironment ? given : given.belonging(to: user))
        return
      }
    case .invoking: break
    }

    guard let invoking = try Identity.invoking(environment: given, nearest: elevation?.tool) else {
      self.init(identity: ours, environment: given)
      return
    }
    if keepsGivenEnvironment {
      self.init(identity: invoking, environment: given)
    } else if let elevation, let environment = elevation.callersEnvironment(given: given, table: table) {
      self.init(identity: invoking, environment: environment)
    } else {
      let reason =
        elevation.map { "/proc/\($0.pid)/environ of \($0.tool.rawValue) could not be read" }
        ?? "no sudo, doas or pkexec is left above Honeyguide to read it from"
      self.init(
        identity: invoking, environment: given.belonging(to: invoking),
        notes: [
          "The command did not get the environment of \(invoking.label.quoted): \(reason); it got Honeyguide's"
            + " own, with HOME, USER, LOGNAME and SHELL from the password database."
        ])
    }
  }
}

extension EnvironmentBlock {
  /// What this process was started with. Not from /proc/self/environ, which a binary with capabilities of its
  /// own may not open.
  public static var ours: EnvironmentBlock {
    var entries: [ByteString] = []
    guard var next = unsafe hg_environment() else { return EnvironmentBlock() }
    while let entry = unsafe next.pointee {
      entries.append(unsafe ByteString(cString: entry))
      unsafe next += 1
    }
    return EnvironmentBlock(entries)
  }

  /// With the variables that say who the user is; others stay. A user the password database does not know
  /// has no home: then HOME is `/`, as login(1) and ssh have it.
  func belonging(to user: Identity) -> EnvironmentBlock {
    var copy = self
    copy["HOME"] = user.home ?? "/"
    copy["USER"] = user.label
    copy["LOGNAME"] = user.label
    copy["SHELL"] = user.shell.flatMap { $0.isEmpty ? nil : $0 } ?? "/bin/sh"
    return copy
  }
}
