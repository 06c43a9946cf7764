// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Testing

@testable internal import Report

struct PrintableTests {
  @Test(arguments: [
    ("/etc/ansible/ansible.cfg", "/etc/ansible/ansible.cfg"),
    ("/srv/zoë/日本語/Ελλάδα.txt", "/srv/zoë/日本語/Ελλάδα.txt"),
    ("", ""),
    ("with space 'and' \"quotes\"", "with space 'and' \"quotes\""),
    ("a\nb\tc\rd", #"a\nb\tc\rd"#),
    (#"C:\x41"#, #"C:\\x41"#),
    ("\u{1B}[31mred", #"\x1b[31mred"#),
    ("\u{7F}", #"\x7f"#),
    ("csi \u{9B}31m", #"csi \xc2\x9b31m"#),
    ("line\u{2028}para\u{2029}", #"line\xe2\x80\xa8para\xe2\x80\xa9"#),
    ("exe\u{202E}gpj.exe", #"exe\xe2\x80\xaegpj.exe"#),
    ("\u{2066}a\u{2069}", #"\xe2\x81\xa6a\xe2\x81\xa9"#),
    ("zero\u{200B}width\u{200D}\u{2060}", #"zero\xe2\x80\x8bwidth\xe2\x80\x8d\xe2\x81\xa0"#),
    ("\u{FEFF}bom", #"\xef\xbb\xbfbom"#),
    ("no\u{A0}break", #"no\xc2\xa0break"#),
    ("soft\u{AD}hyphen", #"soft\xc2\xadhyphen"#),
    ("private\u{E000}", #"private\xee\x80\x80"#),
    ("unassigned\u{378}", #"unassigned\xcd\xb8"#),
    ("noncharacter\u{FFFF}", #"noncharacter\xef\xbf\xbf"#),
    ("filler\u{3164}", #"filler\xe3\x85\xa4"#),
    ("tag\u{E0041}", #"tag\xf3\xa0\x81\x81"#),
    ("dots…", #"dots\xe2\x80\xa6"#),
    ("replacement\u{FFFD}", "replacement\u{FFFD}"),
    ("e\u{301}", "e\u{301}"),
    ("\u{301}e", #"\xcc\x81e"#),
    ("/\u{338}e", #"/\xcc\xb8e"#),
    ("a\u{301}\u{301}\u{301}\u{301}\u{301}", "a\u{301}\u{301}\u{301}\u{301}\\xcc\\x81"),
  ])
  func `A name is printed on one line with everything that could deceive escaped`(
    _ name: String, _ printed: String
  ) {
    #expect(
      path(Array(name.utf8)).unicodeScalars.elementsEqual(printed.unicodeScalars), "\(path(Array(name.utf8)))"
    )
  }

  @Test(
    arguments: [
      ([0xFF], #"\xff"#),
      ([0x61, 0xC3], #"a\xc3"#),
      ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#),  // a surrogate
      ([0xC0, 0xAF], #"\xc0\xaf"#),  // an overlong slash
      ([0xE0, 0x80, 0xAF], #"\xe0\x80\xaf"#),
      ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),  // past U+10FFFF
      ([0xE2, 0x82, 0x41], #"\xe2\x82A"#),
      ([0xFF, 0xCC, 0x81], #"\xff\xcc\x81"#),  // a mark must not be drawn onto an escape
    ] as [([UInt8], String)])
  func `Bytes that are not UTF-8 are printed as hexadecimal`(_ bytes: [UInt8], _ printed: String) {
    #expect(path(bytes) == printed)
  }

  @Test func `No scalar that could move the cursor, turn the direction or show nothing is printed`() {
    for scalar in Self.dangerous.joined().compactMap(Unicode.Scalar.init) {
      let printed = path(Array("a\(Character(scalar))".utf8))
      #expect(printed.hasPrefix(#"a\x"#) && printed.utf8.allSatisfy { $0 < 0x80 }, "\(printed)")
    }
  }

  /// Written by hand from Unicode's lists: controls, blanks, separators, bidi and format controls, selectors,
  /// surrogates, private use, noncharacters, tags.
  private static let dangerous: [ClosedRange<UInt32>] = [
    0x80...0xA0, 0xAD...0xAD, 0x34F...0x34F, 0x600...0x605, 0x61C...0x61C, 0x6DD...0x6DD, 0x70F...0x70F,
    0x115F...0x1160, 0x1680...0x1680, 0x180B...0x180F, 0x2000...0x200F, 0x2026...0x2026, 0x2028...0x202F,
    0x205F...0x206F, 0x2800...0x2800, 0x3000...0x3000, 0x3164...0x3164, 0xD800...0xF8FF, 0xFDD0...0xFDEF,
    0xFE00...0xFE0F, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0xFFFE...0xFFFF,
    0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xF0FFF, 0x10FFF0...0x10FFFF,
  ]

  @Test func `The exact bytes can be had back from a printed name`() {
    var hostile = HostileBytes(seed: 1)
    for _ in 0..<5_000 {
      let bytes = hostile.next(upTo: 24)
      let printed = path(bytes)
      #expect(unescaped(Array(printed.utf8)) == bytes, "\(printed)")
      #expect(printed.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }
  }

  /// The inverse, from the documentation of `appendPath` alone.
  private func unescaped(_ printed: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = printed[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "x"):
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      default: Issue.record("an unknown escape")
      }
    }
    return bytes
  }
}

struct ShellWordTests {
  @Test(arguments: [
    ("ansible-playbook", "ansible-playbook"), ("--extra-vars=a:b,c@d%e+f", "--extra-vars=a:b,c@d%e+f"),
    ("", "''"), ("two words", "'two words'"), ("it's", #"'it'\''s'"#), ("$HOME", "'$HOME'"), ("~", "'~'"),
    (#"a\b"#, #"'a\b'"#), ("a\nb", #"$'a\nb'"#), ("it's\n", #"$'it\'s\n'"#), ("Zoë", "Zoë"),
    ("\u{1B}]0;title\u{7}", #"$'\x1b]0;title\x07'"#), ("!\n", #"$'\x21\n'"#), ("!", "'!'"),
  ])
  func `A word is quoted only where a shell needs it`(_ given: String, _ printed: String) {
    #expect(word(Array(given.utf8)) == printed)
  }

  @Test(.enabled(if: Program.isInstalled("bash"), "needs bash"), arguments: ["C", "C.UTF-8"])
  func `bash reads the exact bytes back`(_ locale: String) throws {
    var hostile = HostileBytes(seed: 2)
    let words = (0..<3_000).map { _ in hostile.next(upTo: 24) } + (1...255).map { [UInt8($0)] }
    var script: [UInt8] = []
    for word in words {
      script += #"printf '%s\0' "#.utf8
      Printable.appendWord(word, to: &script)
      script.append(10)
    }
    let output = try Program.run(["/usr/bin/bash"], input: script, environment: ["LC_ALL=\(locale)"])
    let read = output.split(separator: 0, omittingEmptySubsequences: false).dropLast().map(Array.init)
    #expect(read.count == words.count)
    for (read, word) in zip(read, words) where read != word {
      Issue.record("bash read \(read) for \(word)")
    }
  }

  @Test(arguments: [
    (["make", "-j2"], "make -j2"), (["a=b", "c=d"], "'a=b' c=d"), (["time", "time"], "'time' time"),
    (["a\n=", "x"], #"$'a\n=' x"#), (["./it's", ""], #"'./it'\''s' ''"#), ([], ""),
  ])
  func `A command line keeps its first word a command`(_ words: [String], _ printed: String) {
    var output: [UInt8] = []
    Printable.appendCommand(words.map { ByteString($0) }, to: &output)
    #expect(text(output) == printed)
  }
}

struct ColumnsTests {
  @Test(arguments: [
    ("", 0), ("/etc", 4), ("Zoë", 3), ("e\u{301}", 1), ("日本語", 6), ("😀", 2), ("한국", 4),
    ("\u{1112}\u{1161}\u{11AB}", 2),
    ("ﾊﾝｶｸ", 4), ("Ａ", 2), ("…", 1),
  ])
  func `Columns are those that a terminal uses`(_ given: String, _ columns: Int) {
    #expect(Printable.columns(Array(given.utf8)) == columns)
  }

  @Test(arguments: [
    ("/etc/passwd", 11, "/etc/passwd"), ("/etc/passwd", 10, "/etc/pass…"), ("/etc/passwd", 1, "…"),
    ("/etc/passwd", 0, ""), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 2, "…"),
    (#"ab\xffcd"#, 6, "ab…"), (#"ab\xffcd"#, 7, #"ab\xff…"#), (#"a\nb"#, 3, "a…"), (#"a\\\\b"#, 5, #"a\\…"#),
    ("e\u{301}xyz", 3, "e\u{301}x…"), (#"'\日本'"#, 4, #"'\…"#), (#"'\x"#, 2, "'…"),
  ])
  func `Text is cut between characters and escapes`(_ given: String, _ columns: Int, _ cut: String) {
    var output: [UInt8] = []
    Printable.appendCut(Array(given.utf8), columns: columns, to: &output)
    #expect(text(output) == cut)
  }

  @Test func `What is cut has the columns it was given and is the beginning of the whole`() {
    var hostile = HostileBytes(seed: 3)
    for _ in 0..<200 {
      let whole = Array(path(hostile.next(upTo: 30)).utf8)
      for limit in 0..<Printable.columns(whole) {
        var cut: [UInt8] = []
        Printable.appendCut(whole, columns: limit, to: &cut)
        #expect(Printable.columns(cut) <= limit)
        if limit > 0 {
          let kept = text(cut).dropLast()
          #expect(text(cut).last == "…" && whole.starts(with: kept.utf8))
        }
      }
    }
  }
}
