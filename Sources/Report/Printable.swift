// SPDX-License-Identifier: Apache-2.0
public import Inspection

/// Bytes that nobody vouches for, as text that a terminal, a pager and a reader's eye can be given.
///
/// What comes out is UTF-8 on one line. It has no control character, nothing that turns the direction of
/// writing, nothing invisible, nothing that the Unicode of this build does not know; those, and bytes that are
/// not UTF-8, appear as `\xHH`, byte by byte. The backslash is escaped too, so the exact bytes can be had back.
/// U+2026 ("…") is also escaped: where one is printed, something was cut by ``appendCut(_:columns:to:)``.
public enum Printable {
  /// Appends a path or any other name: `/tmp/a\nb`, `/tmp/\xff`, `C:\\x`.
  ///
  /// `\\`, `\n`, `\r`, `\t` and `\xHH` are the only escapes.
  public static func appendPath(_ bytes: [UInt8], to output: inout [UInt8]) {
    if bytes.span.allSatisfy(isPlainInPath) {
      output += bytes
    } else {
      appendEscaped(bytes.span, escaping: [], to: &output)
    }
  }

  public static func appendPath(_ name: ByteString, to output: inout [UInt8]) {
    appendPath(name.bytes, to: &output)
  }

  /// Appends one word for a shell: as it is where nothing in it is special, else in single quotes, and as
  /// `$'…'` where it holds what must be escaped. bash, ksh and zsh read the exact bytes back.
  public static func appendWord(_ bytes: [UInt8], to output: inout [UInt8]) {
    let span = bytes.span
    if !bytes.isEmpty, span.allSatisfy(isPlainInWord) {
      output += bytes
      return
    }
    switch Quoting(span) {
    case .none: output += bytes
    case .single:
      output.append(Byte.quote)
      for byte in bytes {
        // A quote cannot stand inside single quotes: close, escape, open.
        if byte == Byte.quote { output += #"'\'"#.utf8 }
        output.append(byte)
      }
      output.append(Byte.quote)
    case .dollar:
      output.append(UInt8(ascii: "$"))
      output.append(Byte.quote)
      // An interactive bash expands `!` even here; `\x21` it does not.
      appendEscaped(span, escaping: [Byte.quote, UInt8(ascii: "!")], to: &output)
      output.append(Byte.quote)
    }
  }

  public static func appendWord(_ word: ByteString, to output: inout [UInt8]) {
    appendWord(word.bytes, to: &output)
  }

  /// Appends a command line that a shell can be given: words with a space between. A first word that a shell
  /// would take for an assignment or a keyword is quoted.
  public static func appendCommand(_ words: [ByteString], to output: inout [UInt8]) {
    for (index, word) in words.enumerated() {
      let start = output.count
      if index > 0 { output.append(Byte.space) }
      appendWord(word, to: &output)
      if index == 0, output.span.extracting(start...).isEqual(to: word.bytes.span),
        word.bytes.contains(UInt8(ascii: "=")) || keywords.contains(word.text)
      {
        output.insert(Byte.quote, at: start)
        output.append(Byte.quote)
      }
    }
  }

  private static let keywords: Set<String> = [
    "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select",
    "then", "time", "until", "while",
  ]
}

// MARK: - What may be printed

extension Printable {
  /// Printable ASCII that `appendPath` leaves alone.
  static func isPlainInPath(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != Byte.backslash
  }

  /// ASCII that no shell takes for anything but itself, wherever in an argument it stands.
  static func isPlainInWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "+")...UInt8(ascii: ":"),  // + , - . / 0...9 :
      UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "_"), UInt8(ascii: "="):
      true
    default: false
    }
  }

  /// Whether a scalar past ASCII shows itself, and shows nothing else than itself.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xC0...0x2FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3: return true  // letters: no need to ask the tables
    default: break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return false
    default:
      // Default ignorable: Hangul fillers, variation selectors and others that show nothing.
      return scalar != "\u{2026}" && scalar != "\u{2800}" && !scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .spacingMark: true
    default: false
    }
  }

  /// Which sequences of one text are printed as they are. A mark is drawn onto the character before it, so it
  /// may only follow a letter of its own text (or a few marks on one), never a quote, a slash or an escape.
  struct Marks {
    private static let most = 4
    /// How many more marks may follow.
    private var room = 0

    mutating func admits(_ sequence: UTF8Sequence) -> Bool {
      guard let scalar = sequence.scalar, scalar.isASCII || isPrintable(scalar) else {
        room = 0
        return false
      }
      if !scalar.isASCII, isMark(scalar) {
        if room == 0 { return false }
        room -= 1
      } else {
        room = scalar.isASCII && !scalar.properties.isAlphabetic ? 0 : Self.most
      }
      return true
    }
  }

  private enum Quoting {
    case none, single, dollar

    init(_ bytes: Span<UInt8>) {
      self = bytes.isEmpty ? .single : .none
      var marks = Marks()
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        let sequence = UTF8Sequence(bytes, at: index)
        if byte < 0x20 || byte == 0x7F || !marks.admits(sequence) {
          self = .dollar
          return
        }
        if byte < 0x80, !Printable.isPlainInWord(byte) { self = .single }
        index += sequence.length
      }
    }
  }
}

// MARK: - Escaping

extension Printable {
  private static func appendEscaped(
    _ bytes: Span<UInt8>, escaping special: [UInt8], to output: inout [UInt8]
  ) {
    var marks = Marks()
    var index = 0
    while index < bytes.count {
      let sequence = UTF8Sequence(bytes, at: index)
      let range = index..<(index + sequence.length)
      index = range.upperBound
      let byte = bytes[range.lowerBound]
      if marks.admits(sequence), byte >= 0x80 || isPlainInPath(byte), !special.contains(byte) {
        for position in range { output.append(bytes[position]) }
        continue
      }
      switch byte {
      case Byte.backslash: output += #"\\"#.utf8
      case Byte.newline: output += #"\n"#.utf8
      case UInt8(ascii: "\r"): output += #"\r"#.utf8
      case UInt8(ascii: "\t"): output += #"\t"#.utf8
      case Byte.quote: output += #"\'"#.utf8
      default: for position in range { appendHexadecimal(bytes[position], to: &output) }
      }
    }
  }

  private static func appendHexadecimal(_ byte: UInt8, to output: inout [UInt8]) {
    output += #"\x"#.utf8
    output.append(Byte.hexadecimal(byte >> 4))
    output.append(Byte.hexadecimal(byte & 15))
  }
}
