// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Where a path lies, as the one who ran the command sees it.
struct Places {
  let cwd: ByteString?
  let home: ByteString?

  init(_ start: SessionStart) {
    // Everything is below "/": that tells nothing.
    cwd = start.cwd.count > 1 && start.cwd.isAbsolute ? start.cwd : nil
    home = start.home.flatMap { $0.count > 1 && $0.isAbsolute ? $0 : nil }
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

  /// The path in parts, the first of which is "." or "~" where it lies there.
  func parts(of path: ByteString) -> [ArraySlice<UInt8>] {
    let slash = UInt8(ascii: "/")
    // Relative to a directory that is not known.
    if !path.isAbsolute { return [Array("?".utf8)[...]] + path.bytes.split(separator: slash) }
    let rooted = ([(".", cwd), ("~", home)] as [(String, ByteString?)]).compactMap { mark, base in
      base.flatMap { path.isBelow($0) ? (mark, $0.count) : nil }
    }
    guard let (mark, length) = rooted.max(by: { $0.1 < $1.1 }) else {
      return [[]] + path.bytes.split(separator: slash)
    }
    return [Array(mark.utf8)[...]] + path.bytes[length...].split(separator: slash)
  }

  /// The path for people: "./x" below the working directory, "~/x" below HOME. Printable.
  func text(_ path: ByteString) -> [UInt8] { Self.text(parts(of: path)) }

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
    let parts = parts(of: path)
    let whole = Self.text(parts)
    if Printable.columns(whole) <= limit { return whole }
    for dropped in stride(from: 1, to: parts.count - 1, by: 1) {
      // Takes from the middle; the first part and the name stay.
      let start = 1 + (parts.count - 2 - dropped) / 2
      let text =
        Self.text(Array(parts[..<start])) + "/…/".utf8 + Self.text(Array(parts[(start + dropped)...]))
      if Printable.columns(text) <= limit { return text }
    }
    var text: [UInt8] = []
    Printable.appendCut(Self.text([parts.last ?? []]), columns: limit, to: &text)
    return text
  }
}
