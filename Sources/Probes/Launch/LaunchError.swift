// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// Why a command could not be started: one sentence for the user, and the exit code that goes with it.
public enum LaunchError: Error, Hashable, Sendable {
  /// No directory of PATH has it, or the path leads nowhere.
  case commandNotFound(ByteString)
  /// The file is there, but its interpreter (of `#!`, or the ELF loader) is not.
  case interpreterNotFound(path: ByteString)
  /// The file is there, but the kernel will not run it.
  case cannotRun(path: ByteString, ErrorNumber)
  /// Neither a name nor a number of the password database.
  case unknownUser(ByteString)
  /// The variable that the tool leaves is there, and names nobody.
  case unclearCaller(ElevationTool, variable: ByteString, value: ByteString)
  /// The option names a user that Honeyguide has no right to become.
  case notAllowed(option: String)
  /// The child could not become who the command runs as: what failed, and for whom.
  case cannotBecome(user: ByteString, call: String, ErrorNumber)
  /// A limit that was changed meanwhile could not be given back.
  case cannotRestoreLimits(ErrorNumber)
  /// A system call that never fails on a healthy machine did.
  case cannotStart(call: String, ErrorNumber)
  /// Somebody ended the child before it ran anything.
  case endedEarly(command: ByteString)

  /// What Honeyguide exits with: 127 and 126 as shells and env(1) do, 64 for a bad option, 77 for missing rights.
  public var exitCode: Int32 {
    switch self {
    case .commandNotFound, .interpreterNotFound: 127
    case .cannotRun: 126
    case .unknownUser, .unclearCaller: 64
    case .notAllowed, .cannotBecome, .cannotRestoreLimits, .cannotStart, .endedEarly: 77
    }
  }
}

extension LaunchError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .commandNotFound(let command) where command.bytes.contains(UInt8(ascii: "/")):
      "\(command.quoted) cannot be run: there is no such file; check the path."
    case .commandNotFound(let command):
      "\(command.quoted) was not found in any directory of PATH; give its path, or check its spelling."
    case .interpreterNotFound(let path):
      "\(path.quoted) cannot be run: the interpreter it names does not exist;"
        + " see its first line (head -1), or for a binary file(1)."
    case .cannotRun(let path, let error):
      "\(path.quoted) cannot be run: \(Self.reason(error))."
    case .unknownUser(let name):
      "There is no user \(name.quoted) in the password database; see getent passwd for those there are."
    case .unclearCaller(let tool, let variable, let value):
      "\(variable.text) is \(value.quoted), which is nobody's, so that it is not known who called \(tool.rawValue);"
        + " unset it, or say whom run shall run the command as (--user NAME, --as-root)."
    case .notAllowed(let option):
      "\(option) needs the rights of root, which Honeyguide does not have; start it with sudo."
    case .cannotBecome(let user, let call, let error):
      "The command could not be given the identity of user \(user.quoted): \(call) failed with \(error);"
        + " start Honeyguide with sudo, or where a container withholds CAP_SETUID and CAP_SETGID, grant them."
    case .cannotRestoreLimits(let error):
      "The command could not be given its resource limits: setrlimit failed with \(error);"
        + " start Honeyguide with sudo."
    case .cannotStart(let call, let error):
      "The command could not be started: \(call) failed with \(error);"
        + " free processes, descriptors or memory (ulimit -a) and try again."
    case .endedEarly(let command):
      "\(command.quoted) was not run: the process that was to become it was killed before; try again."
    }
  }

  private static func reason(_ error: ErrorNumber) -> String {
    switch error.number {
    case 13: "permission denied; it needs to be a file with the x bit (chmod +x), on a mount without noexec"
    case 8: "it is no program for this machine (ENOEXEC); see file(1)"
    case 7: "its arguments and environment are too long (E2BIG); pass fewer, or by a file"
    case 26: "somebody has it open for writing (ETXTBSY); try again when that is done"
    case 11: "the user has too many processes (EAGAIN); see ulimit -u"
    case 20: "a part of its path is no directory (ENOTDIR); check the path"
    case 40: "too many symbolic links (ELOOP); see namei(1)"
    case 36: "its name is too long (ENAMETOOLONG); give a shorter path"
    default: "the kernel said \(error)"
    }
  }
}
