// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// "  (runs /tmp/evil/git)": the files that a process executed where its words lead one to expect others; on a full page
  /// wherever they are not the first word.
  func executables(_ process: Process, columns limit: Int) -> Line {
    var exes: [ByteString] = []
    for image in style.isFull ? process.images.filter(\.isCalledOtherwise) : process.surprises {
      if !exes.contains(image.exe) { exes.append(image.exe) }
    }
    var line = Line()
    for exe in exes {
      line.add(line.isEmpty ? "  (runs " : ", ", .bad)
      line.add(places.text(exe, columns: limit), .bad)
    }
    if !line.isEmpty { line.add(")", .bad) }
    return line
  }
}

extension Process {
  /// What it executed under names that lead elsewhere.
  var surprises: [Image] { images.filter(\.isSurprising) }
}

extension Image {
  /// A script is its own first word.
  fileprivate var isCalledOtherwise: Bool {
    guard let word = argv.first, !exe.isEmpty, !isArgvUnreadable else { return false }
    return word != exe
  }

  /// The first word is a name that leads elsewhere, or that of a program which lies where programs do not usually lie.
  fileprivate var isSurprising: Bool {
    guard isCalledOtherwise, script == nil, let first = argv.first else { return false }
    // A shell that logs somebody in.
    let word = first.bytes.first == UInt8(ascii: "-") ? ByteString(first.bytes.dropFirst()) : first
    let isUsual = exe.isUsualPlace
    // One program for many names.
    if isUsual, ["busybox", "toybox", "coreutils"].contains(exe.basename) { return false }
    // Of who was there before the name that was executed is not known, and may have been a link's.
    if filename.isEmpty { return word != "sh" && !word.isLike(exe.basename) }
    if word.bytes.contains(UInt8(ascii: "/")) {
      // It says itself where it lies, whatever links lead on from there.
      if cwd.joined(word) == cwd.joined(filename) { return false }
      return !(isUsual && word.isUsualPlace && word.basename == exe.basename)
    }
    if word == exe.basename, isUsual { return false }
    return !(word == filename.basename && (isUsual || filename.isUsualPlace))
  }
}

extension ByteString {
  /// One name contains the other: python3 and python3.11, awk and mawk, "nginx: master process" and nginx.
  fileprivate func isLike(_ name: ByteString) -> Bool {
    bytes.range(of: name.bytes) != nil || name.bytes.range(of: basename.bytes) != nil
  }

  /// Where the system's programs lie.
  fileprivate var isUsualPlace: Bool {
    ["/usr", "/bin", "/sbin", "/lib", "/lib64"].contains { isBelow($0) }
  }
}
