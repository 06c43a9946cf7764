// SPDX-License-Identifier: Apache-2.0
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
  private var hasAgent = false
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
      if Self.isSanitizer(name) {
        if stage == .loading, case .descriptor = open.result { stage = .sanitizer }
      } else if !Self.isLoaders(name), stage == .loading || !Self.isSanitizersOwn(name) {
        stage = .over
      }
    case .lookup, .environment, .exit: break
    default: stage = .over
    }
  }

  /// Whether the program, which ends so, was ended by its sanitizer's runtime on account of the agent.
  func isRefused(_ exit: Exit) -> Bool { hasAgent && stage == .sanitizer && exit.status != .code(0) }

  /// Whether a file's name is that of AddressSanitizer's runtime, gcc's or clang's.
  static func isSanitizer(_ name: [UInt8]) -> Bool {
    ["libasan.so", "libclang_rt.asan"].contains { name.starts(with: $0.utf8) }
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

  mutating func note(missingIn program: ByteString) { missing = missing ?? program }
  mutating func note(refusedBy program: ByteString) { refused = refused ?? program }

  var sentences: [String] {
    let missing = missing.map {
      "The agent for Python could not be loaded by \($0.quoted), whose loader may have complained; "
        + "with --no-inject nothing is loaded."
    }
    let refused = refused.map {
      "\($0.quoted) ended before it began: AddressSanitizer's runtime refuses to run behind the agent for Python; "
        + "with --no-inject nothing is loaded."
    }
    return [missing, refused].compactMap(\.self)
  }
}
