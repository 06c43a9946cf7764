// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection

/// What one program's loader makes of the agent, as far as what it opens tells.
struct LoaderWatch {
  /// What a program has come to.
  private enum Stage {
    case loading
    /// AddressSanitizer's runtime has been opened; it has not begun yet.
    case sanitizer
    case over
  }

  private var stage: Stage
  /// The agent was opened.
  private(set) var hasAgent = false
  /// The name of a library of Python that was opened as the C library's loader opens what it loads, at the start or by dlopen.
  private(set) var pythonLibrary: String?
  /// That of another Python, opened before.
  private(set) var otherPythonLibrary: String?
  /// The agent was not there, or not to be opened.
  private(set) var couldNotLoad = false
  /// And the loader says so. (One that does not know the token $LIB says nothing, and goes on.)
  private(set) var mayComplain = false

  /// Of a program that begins, or of one in whose middle one is (a fork's), whose loader has nothing left to do.
  init(isBeginning: Bool) { stage = isBeginning ? .loading : .over }

  /// A file in the directory of the agent's library was opened, or could not be. (Debuggers look for others there, later.)
  mutating func openedAgent(_ open: Open) {
    let name = open.target.requested?.bytes.split(separator: UInt8(ascii: "/")).last ?? []
    guard stage == .loading, Array(name) == Array("agent.so".utf8) else { return }
    guard case .error = open.result else {
      hasAgent = true
      return
    }
    couldNotLoad = true
    mayComplain = open.target.requested?.bytes.contains(UInt8(ascii: "$")) == false
  }

  /// Anything else that the program did.
  ///
  /// AddressSanitizer's runtime, where it is a library, looks first of all whether another stands before it, and ends the
  /// process if so. Until then it has opened two files of /proc; what it opens next, where all is well, is the list of mappings.
  mutating func saw(_ event: Event) {
    switch event.body {
    case .open(let open):
      let path = (open.target.path ?? open.target.requested)?.bytes ?? []
      let name = Array(path.split(separator: UInt8(ascii: "/")).last ?? [])
      if Self.isPythonLibrary(name), case .descriptor = open.result, open.flags.rawValue == Self.loadersFlags
      {
        let library = String(decoding: name, as: UTF8.self)
        if let known = pythonLibrary, ![library, Self.stable].contains(known), library != Self.stable {
          otherPythonLibrary = known
        }
        pythonLibrary = library
      }
      if Self.isSanitizer(name) {
        if stage == .loading, case .descriptor = open.result { stage = .sanitizer }
      } else if !Self.isLoaders(name), stage == .loading || !Self.isSanitizersOwn(name) {
        stage = .over
      }
    case .lookup, .environment, .exit: break
    default: stage = .over
    }
  }

  /// Why a program that left no table was not observed; nil where nothing speaks for a Python in it.
  ///
  /// - Parameters:
  ///   - isPython: by its name.
  ///   - isPrivileged: it has other rights than its caller.
  ///   - isKnown: what loaders open is told.
  func unobserved(isPython: Bool, isPrivileged: Bool, isKnown: Bool) -> String? {
    guard isPython else {
      return pythonLibrary.map { "it opened \($0), and whether Python ran in it was not seen" }
    }
    if isPrivileged {
      return "it has other rights than its caller, and the loader leaves out LD_PRELOAD for those"
    }
    if couldNotLoad { return "its loader could not load the agent" }
    if hasAgent { return "the agent was loaded, and could not begin, or began for another Honeyguide" }
    return isKnown
      ? "it was not seen to load the agent, as where LD_PRELOAD is not handed on, or of no use to a static program"
      : "the agent was not loaded, or could not begin"
  }

  /// Why not all of Python in a program that left a table may have been observed; nil where nothing speaks for it.
  var unobservedBeside: String? {
    guard let pythonLibrary, let otherPythonLibrary else { return nil }
    return "it opened \(otherPythonLibrary) and \(pythonLibrary), "
      + "and of several Pythons in one process one is observed"
  }

  /// Whether the program, which ends so, was ended by its sanitizer's runtime on account of the agent.
  func isRefused(_ exit: Exit) -> Bool { hasAgent && stage == .sanitizer && exit.status != .code(0) }

  /// Whether a file's name is that of AddressSanitizer's runtime, gcc's or clang's.
  static func isSanitizer(_ name: [UInt8]) -> Bool {
    ["libasan.so", "libclang_rt.asan"].contains { name.starts(with: $0.utf8) }
  }

  /// O_RDONLY and O_CLOEXEC, and nothing else.
  private static let loadersFlags = UInt64(O_CLOEXEC)

  /// Which contains no Python, and leads to one that does.
  private static let stable = "libpython3.so"

  /// libpython3.11.so.1.0, libpython2.7.so; of plain characters alone, since it is shown.
  static func isPythonLibrary(_ name: [UInt8]) -> Bool {
    let text = String(decoding: name, as: UTF8.self)
    return text.hasPrefix("libpython") && text.contains(".so") && name.count < 64
      && name.allSatisfy { (UInt8(ascii: "+")...UInt8(ascii: "z")).contains($0) && $0 != UInt8(ascii: "/") }
  }

  private static func isLoaders(_ name: [UInt8]) -> Bool {
    String(decoding: name, as: UTF8.self).contains(".so") || name == Array("ld.so.cache".utf8)
  }

  private static func isSanitizersOwn(_ name: [UInt8]) -> Bool {
    ["cmdline", "environ"].contains { name == Array($0.utf8) }
  }
}

/// The first programs that the agent could not be loaded into, as sentences for the page.
struct LoaderFailures {
  private var missing: ByteString?
  private var refused: ByteString?
  private var forbidden: ByteString?

  mutating func note(missingIn program: ByteString) { missing = missing ?? program }
  mutating func note(refusedBy program: ByteString) { refused = refused ?? program }
  mutating func note(forbiddenBy program: ByteString) { forbidden = forbidden ?? program }

  var sentences: [String] {
    let missing = missing.map {
      "The agent for Python could not be loaded by \($0.quoted), whose loader may have complained; "
        + "with --no-inject nothing is loaded."
    }
    let refused = refused.map {
      "\($0.quoted) ended before it began: AddressSanitizer's runtime refuses to run behind the agent for Python; "
        + "with --no-inject nothing is loaded."
    }
    let forbidden = forbidden.map {
      "\($0.quoted) was ended by SIGSYS, for a system call that it had forbidden itself (seccomp); the agent for Python makes "
        + "some of its own, and with --no-inject none."
    }
    return [missing, refused, forbidden].compactMap(\.self)
  }
}
