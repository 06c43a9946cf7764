// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// One line of the page: pieces of printable text, each in one ink.
struct Line {
  struct Piece {
    var ink: Ink
    var text: [UInt8]
  }
  private(set) var pieces: [Piece] = []
  private(set) var columns = 0

  init() {}
  init(_ text: String, _ ink: Ink = .plain) { add(text, ink) }

  var isEmpty: Bool { columns == 0 }

  /// Adds text that is already printable: the page's own words, or what `Printable` gave.
  mutating func add(_ text: [UInt8], _ ink: Ink = .plain) {
    if text.isEmpty { return }
    columns += Printable.columns(text)
    pieces.append(Piece(ink: ink, text: text))
  }
  mutating func add(_ text: String, _ ink: Ink = .plain) { add(Array(text.utf8), ink) }
  mutating func add(_ line: Line) {
    pieces += line.pieces
    columns += line.columns
  }

  /// Goes on at that column, or two spaces on when it is already past.
  mutating func tab(to column: Int) {
    add(String(repeating: " ", count: column > columns ? column - columns : 2))
  }

  /// The beginning that fits; its end gives way to "…".
  func cut(to limit: Int?) -> Line {
    guard let limit, columns > limit else { return self }
    var line = Line()
    for piece in pieces {
      let room = limit - line.columns
      let width = Printable.columns(piece.text)
      // The piece that is cut, or one that would leave no room for the ellipsis of the next.
      if width >= room {
        var text: [UInt8] = []
        Printable.appendCut(
          width == room ? piece.text + [Byte.space, Byte.space] : piece.text, columns: room, to: &text)
        line.add(text, piece.ink)
        break
      }
      line.add(piece.text, piece.ink)
    }
    return line
  }

  func append(to page: inout [UInt8], _ style: PageStyle) {
    for piece in cut(to: style.cut).pieces {
      let code = style.isColoured ? piece.ink.code : nil
      if let code { page += "\u{1B}[\(code)m".utf8 }
      page += piece.text
      if code != nil { page += "\u{1B}[0m".utf8 }
    }
    while page.last == Byte.space { page.removeLast() }
    page.append(Byte.newline)
  }
}

/// A part of the page: a heading, and lines of which there may be fewer than wanted.
struct Section {
  var heading: Line
  /// As many lines as it would like.
  var wanted: Int
  /// Its lines, at most that many. What is left out is told in the last one.
  var lines: (Int) -> [Line]

  init(_ heading: Line, lines: @escaping (Int) -> [Line]) {
    self.heading = heading
    self.lines = lines
    wanted = lines(Page.lines).count
  }
}
