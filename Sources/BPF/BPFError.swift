// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

/// A call of libbpf or bpf(2) that failed: which, on what, why, and what the verifier said where it was asked.
public struct BPFError: Error, CustomStringConvertible, Sendable {
  /// The libbpf function, or the bpf(2) command.
  public var call: String
  /// The object, program or map it was called for.
  public var subject: String
  /// What it returned, as errno.
  public var errno: Errno
  /// What the verifier said, where a program was rejected.
  public var verifierLog: VerifierLog?
  /// What libbpf printed on the way.
  public var messages: [String]

  public init(
    call: String, subject: String, errno: Errno, verifierLog: VerifierLog? = nil, messages: [String] = []
  ) {
    self.call = call
    self.subject = subject
    self.errno = errno
    self.verifierLog = verifierLog
    self.messages = messages
  }

  /// One sentence; of a rejected program with the verifier's telling line.
  public var description: String {
    var text = "\(call) failed for \(subject): \(errno)"
    if let line = verifierLog?.tellingLine {
      text += "; the kernel's verifier says: \(line)"
    } else if let message = messages.last {
      text += " (\(message))"
    }
    return text
  }
}

/// The verifier's account of a program it rejected.
public struct VerifierLog: Sendable, CustomStringConvertible {
  /// The whole log.
  public var text: String

  public init(_ text: String) { self.text = text }

  public var description: String { text }

  /// The line that says why: the last one that is neither an instruction, a register state nor a statistic.
  public var tellingLine: String? {
    text.split(separator: "\n").last { line in
      !line.hasPrefix("processed ") && !line.hasPrefix("verification time") && !line.hasPrefix("stack depth")
        && !line.hasPrefix("; ") && !line.hasPrefix("-- ")
        && !(line.first?.isNumber == true && line.contains(": "))
    }.map(String.init)
  }
}
