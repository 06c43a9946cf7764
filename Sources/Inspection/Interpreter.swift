// SPDX-License-Identifier: Apache-2.0

/// A process that runs an interpreter of Python, and how far it could be observed inside. One event for each program of a
/// process, at its end or at that of the session.
public struct Interpreter: Hashable, Sendable {
  /// How calls are counted.
  public enum Method: String, Hashable, Sendable {
    case none
    /// The agent: PyEval_SetProfile, the frame evaluator of PEP 523, sys.monitoring.
    case setprofile
    case frame
    case monitoring
    /// From outside: the interpreter's own probes, or probes at its frame evaluator.
    case usdt
    case uprobe
  }
  public var language = "python"
  /// As the interpreter tells it, "3.11.2"; nil where it is not known.
  public var version: String?
  public var method: Method
  public var hasCalls: Bool
  public var hasEnvironment: Bool
  /// Why calls or environment could not be observed though they were asked for, as a sentence's end: "it is linked
  /// statically"; nil where all was.
  public var reason: String?
  /// What had no room: code objects, their calls, reads of the environment.
  public var lostFunctions: UInt64 = 0
  public var lostCalls: UInt64 = 0
  public var lostReads: UInt64 = 0

  public init(
    version: String?, method: Method, hasCalls: Bool, hasEnvironment: Bool, reason: String? = nil
  ) {
    self.version = version
    self.method = method
    self.hasCalls = hasCalls
    self.hasEnvironment = hasEnvironment
    self.reason = reason
  }
}

/// What one process did in one function (one code object), in all its time. Times are in nanoseconds.
public struct FunctionProfile: Hashable, Sendable {
  public var language = "python"
  public var version: String?
  /// co_filename, co_firstlineno, co_name.
  public var file: ByteString
  public var line: UInt32
  public var name: ByteString
  /// With the classes and functions that it stands in; nil before Python 3.3's, and where it is not known.
  public var qualifiedName: ByteString?
  /// Frames that began, and generators and coroutines that went on.
  public var calls: UInt64
  public var resumes: UInt64
  /// In it and below it (of recursion the outermost alone); in it alone.
  public var total: UInt64
  public var own: UInt64
  /// From begin or resume to return or yield; nil where none has ended, or where times are not known.
  public var shortest: UInt64?
  public var longest: UInt64?
  /// Frames that had not ended when the process did; nil where ends are not known.
  public var unfinished: UInt64?
  /// Frames that an exception left; nil where that is not known.
  public var exceptions: UInt64?
  /// False: only calls were counted.
  public var hasTimes = true

  public init(
    version: String?, file: ByteString, line: UInt32, name: ByteString, qualifiedName: ByteString?,
    calls: UInt64, resumes: UInt64 = 0, total: UInt64 = 0, own: UInt64 = 0, shortest: UInt64? = nil,
    longest: UInt64? = nil, unfinished: UInt64? = 0, exceptions: UInt64? = 0
  ) {
    self.version = version
    self.file = file
    self.line = line
    self.name = name
    self.qualifiedName = qualifiedName
    self.calls = calls
    self.resumes = resumes
    self.total = total
    self.own = own
    self.shortest = shortest
    self.longest = longest
    self.unfinished = unfinished
    self.exceptions = exceptions
  }
}
