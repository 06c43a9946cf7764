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

  /// Its parts, each with the comma, semicolon or spaces at its end: where a long line may be broken. No number is.
  var parts: [Line] {
    broken { text, next in text.count > 1 && Self.separators.contains(text[text.count - 2]) }
  }

  /// Its words, each with the spaces at its end; "12 345" is one.
  var words: [Line] {
    broken { text, next in
      text.count > 1 && text[text.count - 2] != Byte.space
        && !(Self.isDigit(text[text.count - 2]) && next.map(Self.isDigit) ?? false)
    }
  }

  private static let separators: [UInt8] = [Byte.space, UInt8(ascii: ","), UInt8(ascii: ";")]
  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// Breaks it behind spaces where `isEnd` says so, given the text from the last break on and what comes next.
  private func broken(where isEnd: (_ text: [UInt8], _ next: UInt8?) -> Bool) -> [Line] {
    var parts = [Line()]
    for piece in pieces {
      var text: [UInt8] = []
      for (index, byte) in piece.text.enumerated() {
        text.append(byte)
        let next = index + 1 < piece.text.count ? piece.text[index + 1] : nil
        guard byte == Byte.space, next != Byte.space, isEnd(text, next) else { continue }
        parts[parts.count - 1].add(text, piece.ink)
        parts.append(Line())
        text = []
      }
      parts[parts.count - 1].add(text, piece.ink)
    }
    return parts.filter { !$0.isEmpty }
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
        line.add(Self.withoutPartOfNumber(text, of: piece.text), piece.ink)
        break
      }
      line.add(piece.text, piece.ink)
    }
    return line
  }

  /// Where the ellipsis of a text that was cut stands in the middle of a number, all of the number gives way to it: another
  /// would be read.
  private static func withoutPartOfNumber(_ cut: [UInt8], of text: [UInt8]) -> [UInt8] {
    let ellipsis = Array("…".utf8)
    guard cut.suffix(ellipsis.count).elementsEqual(ellipsis), cut.count - ellipsis.count < text.count else {
      return cut
    }
    func isDigit(_ index: Int) -> Bool { text.indices.contains(index) && text[index] &- 0x30 < 10 }
    var end = cut.count - ellipsis.count
    // "12 345": the space stands between the digits of one number.
    func isOfNumber(_ index: Int) -> Bool {
      isDigit(index)
        || text.indices.contains(index) && text[index] == Byte.space && isDigit(index - 1)
          && isDigit(index + 1)
    }
    guard end > 0, isOfNumber(end - 1), isOfNumber(end) else { return cut }
    while end > 0, isOfNumber(end - 1) { end -= 1 }
    return Array(text[..<end]) + ellipsis
  }

  /// The same without the spaces at its end.
  var withoutEnd: Line {
    var line = self
    while let last = line.pieces.last {
      let spaces = last.text.reversed().prefix { $0 == Byte.space }.count
      line.pieces[line.pieces.count - 1].text.removeLast(spaces)
      line.columns -= spaces
      if spaces < last.text.count { break }
      line.pieces.removeLast()
    }
    return line
  }

  func append(to page: inout [UInt8], _ style: PageStyle) {
    for piece in cut(to: style.commandCut).withoutEnd.pieces {
      let code = style.isColoured ? piece.ink.code : nil
      if let code { page += "\u{1B}[\(code)m".utf8 }
      page += piece.text
      if code != nil { page += "\u{1B}[0m".utf8 }
    }
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
