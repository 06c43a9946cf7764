// SPDX-License-Identifier: Apache-2.0
internal import ELF
internal import Glibc
internal import Inspection

/// Which interpreters of Python a command may come to run, as far as files tell it before it starts: its own, and those that
/// a shell would find. Others show when they are executed.
struct PythonSearch {
  let environment: EnvironmentBlock

  /// Paths, of files that are there; some may lead to the same one, and some to no interpreter.
  func interpreters(of command: ByteString) -> [ByteString] {
    var found: [ByteString] = []
    if let file = first(command) { found += follow(file, depth: 0) }
    for name in Self.names {
      for file in files(name) {
        found += follow(file, depth: 0)
        // A version manager's stand-in may lead to the next one as well: the system's.
        if !Self.isStandIn(file) { break }
      }
    }
    if let venv = environment["VIRTUAL_ENV"], !venv.isEmpty {
      found.append(ByteString(venv.bytes + Array("/bin/python".utf8)))
    }
    return found.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Those that lie anywhere in PATH, whether a shell would find them or not.
  func everywhere() -> [ByteString] { Self.names.flatMap(files).flatMap { follow($0, depth: 0) } }

  private static let names: [ByteString] = ["python3", "python", "python2"]

  /// Where a shell would find it.
  private func first(_ name: ByteString) -> ByteString? { files(name).first }

  private func files(_ name: ByteString) -> [ByteString] {
    CommandSearch.candidates(for: name, path: environment["PATH"]).filter {
      let path = $0.cString
      return unsafe access(path, X_OK) == 0
    }
  }

  /// Of pyenv and others like it: it starts the version that a setting names.
  private static func isStandIn(_ file: ByteString) -> Bool {
    directories(file).last?.elementsEqual("shims".utf8) == true
  }

  private static func directories(_ file: ByteString) -> ArraySlice<ArraySlice<UInt8>> {
    file.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropLast()
  }

  /// A program itself; of a script what runs it; of a version manager's stand-in all versions that it may choose from.
  private func follow(_ file: ByteString, depth: Int) -> [ByteString] {
    guard depth < 4, let opened = OpenedFile(file) else { return [] }
    guard let words = opened.interpreter else { return [file] }
    if Self.isStandIn(file) {
      let versions = ByteString(
        Array(Self.directories(file).dropLast().joined(separator: "/".utf8)) + Array("/versions".utf8))
      return AgentSession.names(in: versions.text).sorted().map {
        ByteString(versions.bytes + Array("/\($0)/bin/python".utf8))
      }
    }
    guard words[0].bytes.hasSuffix("/env") else { return follow(words[0], depth: depth + 1) }
    // env -S NAME=VALUE python3 -u
    let name = words.dropFirst().first {
      $0.bytes.first != UInt8(ascii: "-") && !$0.bytes.contains(UInt8(ascii: "="))
    }
    return name.flatMap(first).map { follow($0, depth: depth + 1) } ?? []
  }

  /// The files that have an interpreter's code, for a program: the program itself, and the library of Python that its loader
  /// would take for it.
  ///
  /// - Parameters:
  ///   - root: where the program's root directory is for us.
  ///   - place: where the program is in that; nil: `program` itself.
  static func codeFiles(
    _ program: ByteString, libraryPath: ByteString? = nil, root: String = "", place: ByteString? = nil
  ) -> [ByteString] {
    guard let elf = OpenedFile(program)?.elf, let libraries = try? elf.libraries() else { return [program] }
    guard let name = libraries.needed.first(where: { $0.hasPrefix("libpython") }), !name.contains("/") else {
      return [program]
    }
    let resolved = place ?? real(program) ?? program
    let origin = ByteString(directories(resolved).joined(separator: "/".utf8)).text
    var places = (libraryPath?.text.split(separator: ":").map(String.init) ?? []) + libraries.directories
    places +=
      [origin + "/../lib"] + ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64"]
    places += ["/usr/local/lib", "/lib", "/usr/lib"]
    for place in places {
      let path = ByteString(root + replace(place, origin) + "/" + name)
      if OpenedFile(path) != nil { return [program, path] }
    }
    return [program]
  }

  private static func replace(_ place: String, _ origin: String) -> String {
    for word in ["$ORIGIN", "${ORIGIN}"] where place.hasPrefix(word) {
      return origin + place.dropFirst(word.count)
    }
    return place
  }

  private static func real(_ path: ByteString) -> ByteString? {
    let name = path.cString
    guard let found = unsafe realpath(name, nil) else { return nil }
    defer { unsafe free(found) }
    return unsafe ByteString(cString: found)
  }
}

extension [UInt8] {
  fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
