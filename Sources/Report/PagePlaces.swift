// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Where a path lies, as the one who ran the command sees it.
struct Places {
  let cwd: ByteString?
  let home: ByteString?

  init(_ start: SessionStart) { self.init(cwd: start.cwd, home: start.home) }

  init(cwd: ByteString?, home: ByteString?) {
    // Everything is below "/": that tells nothing.
    self.cwd = cwd.flatMap { $0.count > 1 && $0.isAbsolute ? $0 : nil }
    self.home = home.flatMap { $0.count > 1 && $0.isAbsolute ? $0 : nil }
  }

  enum Kind: Int, Comparable {
    case project, home, configuration, other
    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  func kind(of path: ByteString) -> Kind {
    if let cwd, path.isBelow(cwd) { return .project }
    if let home, path.isBelow(home) { return .home }
    return path.isBelow("/etc") ? .configuration : .other
  }

  /// The path in parts, the first of which is "." or "~" where it lies there; a slash at its end stays with
  /// the last one.
  func parts(of path: ByteString) -> [ArraySlice<UInt8>] {
    let slash = UInt8(ascii: "/")
    // Relative to a directory that is not known.
    var top = "?"
    var rest = path.bytes[...]
    if path.isAbsolute {
      top = ""
      // The working directory may be below HOME, or HOME below it: the nearer one.
      for (mark, base) in [(".", cwd), ("~", home)] {
        if let base, path.isBelow(base), top.isEmpty || base.count > path.count - rest.count {
          top = mark
          rest = path.bytes[base.count...]
        }
      }
    }
    var parts = [Array(top.utf8)[...]] + rest.split(separator: slash)
    if path.bytes.last == slash, parts.count > 1 { parts[parts.count - 1].append(slash) }
    return parts
  }

  /// The path for people: "./x" below the working directory, "~/x" below HOME. Printable.
  func text(_ path: ByteString) -> [UInt8] {
    path.isPseudo ? Self.text([path.bytes[...]]) : Self.text(parts(of: path))
  }

  static func text(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
    var text: [UInt8] = []
    if parts.count == 1, parts[0].isEmpty { return [UInt8(ascii: "/")] }
    for (index, part) in parts.enumerated() {
      if index > 0 { text.append(UInt8(ascii: "/")) }
      Printable.appendPath(Array(part), to: &text)
    }
    return text
  }

  /// The same within so many columns: directories in the middle give way to "…", then the name's end.
  func text(_ path: ByteString, columns limit: Int) -> [UInt8] {
    let parts = path.isPseudo ? [path.bytes[...]] : parts(of: path)
    return Self.text(parts, columns: limit)
  }

  static func text(_ parts: [ArraySlice<UInt8>], columns limit: Int) -> [UInt8] {
    let whole = Self.text(parts)
    if Printable.columns(whole) <= limit { return whole }
    for dropped in stride(from: 1, to: parts.count - 1, by: 1) {
      // Takes from the middle; the first part and the name stay.
      let start = 1 + (parts.count - 2 - dropped) / 2
      let before = start == 1 && parts[0].isEmpty ? [] : Self.text(Array(parts[..<start]))
      let text = before + "/…/".utf8 + Self.text(Array(parts[(start + dropped)...]))
      if Printable.columns(text) <= limit { return text }
    }
    let name = Self.text([parts.last ?? []])
    if parts.count > 1, Printable.columns(name) + 2 <= limit { return "…/".utf8 + name }
    var text: [UInt8] = []
    Printable.appendCut(name, columns: limit, to: &text)
    return text
  }
}
