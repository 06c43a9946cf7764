// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import ELF
internal import Inspection

/// Which look-ups of variables are told.
public struct VariableOptions: Hashable, Sendable {
  /// getenv and secure_getenv of C libraries.
  public var library: Bool
  /// What bash looks up, among all its variables.
  public var bash: Bool

  public init(library: Bool = false, bash: Bool = false) {
    self.library = library
    self.bash = bash
  }
}

/// In which files look-ups are to be watched.
struct VariableTargets: Sendable {
  /// Bashes, each once.
  let shells: [ProbedFile]
  /// Which of the bashes there are cannot be watched, as sentences.
  let notes: [String]
  /// Whether C libraries are wanted, which are looked for when it is time to attach.
  let library: Bool
  private let subject: Subject
  private let table: ProcFileSystem

  /// On whose account files are looked for.
  enum Subject: Sendable {
    case nobody
    /// A command that will be found by this PATH.
    case command(ByteString, path: ByteString?)
    /// Processes that run already (nil: any of the machine), and the PATH of who asks.
    case processes([Int32]?, path: ByteString?)
  }

  /// - Throws: where bash is wanted, and there is none whose look-ups can be watched.
  init(_ options: VariableOptions, for subject: Subject, _ table: ProcFileSystem = ProcFileSystem())
    throws(VariableError)
  {
    library = options.library
    self.subject = subject
    self.table = table
    (shells, notes) = options.bash ? try Self.shells(subject, table) : ([], [])
  }

  var isEmpty: Bool { !library && shells.isEmpty }

  /// More than any machine needs; each is a link in the kernel.
  private static let limit = 64

  private static func shells(
    _ subject: Subject, _ table: ProcFileSystem
  ) throws(VariableError) -> (files: [ProbedFile], notes: [String]) {
    let candidates =
      switch subject {
      case .nobody: Shells.usual(path: nil)
      case .command(let command, let path): Shells.of(command: command, path: path) + Shells.usual(path: path)
      case .processes(let pids, let path):
        Shells.running(pids ?? table.processes, table) + Shells.usual(path: path)
      }
    var files: [ProbedFile] = [], refusals: [VariableError] = [], seen: Set<OpenedFile.Identity> = []
    for shell in candidates where files.count < limit {
      guard let file = OpenedFile(shell.path), seen.insert(file.identity).inserted else { continue }
      do throws(VariableError) {
        if let probed = try ProbedFile(bash: shell.path, file) { files.append(probed) }
      } catch {
        // Every machine has an sh, which may be any shell.
        if shell.isBash { refusals.append(error) }
      }
    }
    guard !files.isEmpty else { throw refusals.first ?? .noBash }
    return (files, refusals.map(\.note))
  }

  /// The C libraries, each once; none where Honeyguide's own is not found.
  func libraries() -> [ProbedFile] {
    guard library, let own = CLibraries.own(table) else { return [] }
    var paths = [own] + CLibraries.others
    if case .processes(let pids, _) = subject {
      for pid in pids ?? table.processes { paths += CLibraries.mapped(by: pid, table) }
    }
    var files: [ProbedFile] = [], seen: Set<OpenedFile.Identity> = []
    for path in paths where files.count < Self.limit {
      guard let file = OpenedFile(path), seen.insert(file.identity).inserted,
        let probed = ProbedFile(library: path, file)
      else { continue }
      files.append(probed)
    }
    return files
  }
}

/// Why look-ups of variables are not told.
enum VariableError: Error, CustomStringConvertible {
  case noLibrary
  case refused(BPFError)
  case noBash
  case notBash(ByteString, Reason)

  enum Reason: Hashable {
    case machine
    case noFunction
    case broken(ELFError)
  }

  var description: String {
    switch self {
    case .noLibrary: "no getenv was found in the C library that Honeyguide itself runs with"
    case .refused(let error): "\(error)"
    case .noBash: "there is no bash here whose look-ups could be told; leave out --bash-vars"
    case .notBash(let path, let reason):
      "what \(path.quoted) looks up cannot be told, since \(reason); leave out --bash-vars"
    }
  }

  /// A sentence for the page, where the rest goes on.
  var note: String {
    switch self {
    case .noLibrary, .refused:
      "Variables that programs look up with getenv are not told: \(self). --no-env leaves them out."
    case .noBash: "Nothing is told of what bash looks up: there is none here whose look-ups could be."
    case .notBash(let path, let reason): "What \(path.quoted) looks up is not told: \(reason)."
    }
  }
}

extension VariableError.Reason: CustomStringConvertible {
  var description: String {
    switch self {
    case .machine: "it is no program of 64 bits for this processor"
    case .noFunction: "it names no function find_variable (it is stripped, perhaps)"
    case .broken(let error): "the file \(error)"
    }
  }
}
