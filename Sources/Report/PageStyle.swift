// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// How a page looks.
public struct PageStyle: Hashable, Sendable {
  /// The width in columns; longer lines are shortened. Nil: as wide as they come.
  public var columns: Int?
  public var isColoured: Bool
  /// Everything, one thing a line, nothing shortened; otherwise at most `Page.lines` lines.
  public var isFull: Bool
  /// How many functions are listed, and by what; nil: as many as there is room for, by their own and by their total time.
  public var top: Int?
  public var sort: Profile.Measure?
  /// What users and groups are called.
  public var names = UserNames()

  public init(
    columns: Int? = nil, isColoured: Bool = false, isFull: Bool = false, top: Int? = nil,
    sort: Profile.Measure? = nil
  ) {
    self.columns = columns
    self.isColoured = isColoured
    self.isFull = isFull
    self.top = top
    self.sort = sort
  }

  /// Where a line must end; nil when it may go on.
  var cut: Int? { isFull ? nil : columns.map { max($0, 20) } }
  /// Where a command's words must end, and every line: they may be very many, and a name very long, so there is an end even
  /// where the width is not known.
  var commandCut: Int? { isFull ? nil : cut ?? 200 }
  /// Where lists go on in the next line.
  var wrap: Int { isFull ? .max : max(columns ?? 100, 20) }
}

/// What a piece of text means; a colour only where there are colours.
enum Ink {
  case plain, heading, faint, good, bad, name

  var code: String? {
    switch self {
    case .plain: nil
    case .heading: "1"
    case .faint: "2"
    case .good: "32"
    case .bad: "31"
    case .name: "36"
    }
  }
}
