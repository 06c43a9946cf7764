// SPDX-License-Identifier: Apache-2.0

/// A process of the run, with everything it executed in order; or, past `Limits.processes`, several that
/// ended alike.
public struct Process: Sendable {
  public internal(set) var id: ProcessID
  /// Who forked it, by a fork event; of a folded process the one that stands for its parent.
  public internal(set) var parent: ProcessID?
  /// The parent's pid in its earliest event.
  public internal(set) var ppid: Int32 = 0
  public internal(set) var uid: UInt32 = 0
  /// Its latest name: a thread's, at most 15 bytes.
  public internal(set) var comm: ByteString = ""
  /// When its first event happened, in nanoseconds since boot; nil when only its fork is known.
  public internal(set) var first: UInt64?
  /// The program it was forked from, and goes on with until its first exec; nil when that is not known.
  public internal(set) var origin: Program.ID?
  /// Its execs and failed searches, in order of time.
  public internal(set) var steps: [Step] = []
  /// Steps left out between the first quarter and the rest of `steps`.
  public internal(set) var omittedSteps = 0
  /// Nil while it runs, as far as is known.
  public internal(set) var exit: Exit?
  /// How many processes this stands for, when there are more than one.
  public internal(set) var folded: Folded?

  /// The program of its latest exec, and since when.
  var current: (program: Program.ID, since: UInt64)?
  /// When its end was applied, as the number of ends before it.
  var ended = 0
  var latest: UInt64 = 0

  init(_ id: ProcessID) { self.id = id }

  public enum Step: Hashable, Sendable {
    case exec(Image)
    case search(ExecSearch)

    public var time: UInt64 {
      switch self {
      case .exec(let image): image.time
      case .search(let search): search.time
      }
    }
  }

  /// How many processes this stands for.
  public var count: Int { folded?.count ?? 1 }
  /// The programs it executed, in order.
  public var images: [Image] {
    steps.compactMap { if case .exec(let image) = $0 { image } else { nil } }
  }

  /// Several processes that ended, as one.
  public struct Folded: Hashable, Sendable {
    public internal(set) var count: Int
    public internal(set) var statuses: [Exit.Status: Int]
    /// Wall times in nanoseconds.
    public internal(set) var shortest: UInt64
    public internal(set) var longest: UInt64
    public internal(set) var total: UInt64
    /// Their arguments differ; the first one's are kept.
    public internal(set) var differ: Bool
    /// Nothing need be common to them but the ancestor.
    public internal(set) var isMixed: Bool
  }
}

/// A successful exec.
public struct Image: Hashable, Sendable {
  /// Nanoseconds since boot.
  public internal(set) var time: UInt64
  public internal(set) var program: Program.ID
  public internal(set) var exe: ByteString
  public internal(set) var filename: ByteString
  public internal(set) var argv: [ByteString]
  /// Some of `argv` is missing at its end; in all it has `argvSize` bytes.
  public internal(set) var isArgvTruncated: Bool
  public internal(set) var argvSize: Int
  public internal(set) var isArgvUnreadable: Bool
  public internal(set) var cwd: ByteString
  public internal(set) var interpreter: ByteString?
  public internal(set) var script: ByteString?
  public internal(set) var uid: UInt32
  /// Nil where that was not asked for.
  public internal(set) var environment: EnvironmentDifference?

  /// The arguments as the one who called execve gave them, as far as the kernel lets us know: of a script
  /// without the interpreter and its option, which the kernel put in front.
  public var givenArguments: [ByteString] {
    guard let script, let place = argv.firstIndex(of: script) else { return argv }
    return Array(argv[place...])
  }
}

/// Failed execs of one name, one after the other: what execvp does along PATH.
public struct ExecSearch: Hashable, Sendable {
  public struct Attempt: Hashable, Sendable {
    public internal(set) var path: ByteString
    public internal(set) var error: ErrorNumber
  }
  /// When the first one failed, in nanoseconds since boot.
  public internal(set) var time: UInt64
  public internal(set) var name: ByteString
  public internal(set) var attempts: [Attempt]
  /// Attempts not kept.
  public internal(set) var omitted = 0
  /// Where it was then found; nil when it was not.
  public internal(set) var found: ByteString?
}
