// SPDX-License-Identifier: Apache-2.0

/// A thing that is done with a path.
public enum FileUse: Int, CaseIterable, Sendable {
  /// Opened for reading alone; a directory: opened to be listed.
  case read, listed
  /// Opened for writing alone, or emptied by O_TRUNC.
  case written
  /// Opened for both: whether it was written to is not known.
  case readWritten
  /// Opened with O_CREAT, and made by that; or perhaps made, where the kernel did not tell.
  case created, maybeCreated
  /// O_TMPFILE: a file without a name in this directory.
  case temporary
  /// O_PATH: only its place was taken.
  case referenced
  case executed
  /// A look-up found it, or did not (a failed open for want of it included).
  case present, absent
  /// A call failed for another reason than that it was not there.
  case failed
  case deleted, directoryCreated, directoryDeleted, renamedFrom, renamedTo
  /// Became a second name, or a symbolic link.
  case linked
  case truncated, modeChanged, ownerChanged
  /// Became somebody's working directory.
  case entered

  /// A name, or what it stands for, was changed or may have been.
  public var isChange: Bool {
    switch self {
    case .read, .listed, .referenced, .executed, .present, .absent, .failed, .entered: false
    case .written, .readWritten, .created, .maybeCreated, .temporary, .deleted, .directoryCreated,
      .directoryDeleted, .renamedFrom, .renamedTo, .linked, .truncated, .modeChanged, .ownerChanged:
      true
    }
  }
}

/// How often each thing was done with a path.
public struct FileCounts: Sendable {
  private var numbers = InlineArray<22, UInt32>(repeating: 0)

  init() {}

  public internal(set) subscript(use: FileUse) -> UInt32 {
    get { numbers[use.rawValue] }
    set { numbers[use.rawValue] = newValue }
  }

  /// Calls in all. One that may have created is counted as what it opened for.
  public var total: UInt64 {
    FileUse.allCases.reduce(0) { $0 + UInt64(self[$1]) } - UInt64(self[.created])
      - UInt64(self[.maybeCreated])
  }
  public var isChanged: Bool { FileUse.allCases.contains { $0.isChange && self[$0] > 0 } }

  mutating func add(_ use: FileUse, times: UInt32 = 1) {
    let (sum, isTooMuch) = self[use].addingReportingOverflow(times)
    self[use] = isTooMuch ? .max : sum
  }

  mutating func add(_ other: FileCounts) {
    for use in FileUse.allCases { add(use, times: other[use]) }
  }
}
