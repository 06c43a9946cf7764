// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Inspection

/// The agent's shared library as it lies on disk, for every program's loader to find: a directory named by its content, so
/// that it can stay when the session ends. Daemons that the command started may go on to load it for ever.
///
///     BUILD/agent.so  agent32.so           the library, and an empty one for 32-bit programs
///     BUILD/lib64/agent.so  lib/… -> …     links, one for each meaning of the loader's own token $LIB
///     BUILD/s  0 … f -> .                  so that a path can name a session, and lead here all the same
public struct AgentLibrary: Sendable {
  /// The directory BUILD.
  let directory: ByteString

  /// The directory below which Honeyguide places the library where it was not installed with it.
  static let ownPlace = "/var/lib/honeyguide"

  /// What LD_PRELOAD names for a session.
  func preload(session: UInt32) -> ByteString {
    let digits = AgentSession.name(session).map { "\($0)/" }.joined()
    return ByteString(directory.bytes + Array("/s/\(digits)$LIB/agent.so".utf8))
  }

  /// Finds the library where `make install` put it (beside the binary's own directory), or where an earlier run did; or
  /// places it.
  static func find(program: String) throws(InjectionError) -> AgentLibrary {
    let content = Content()
    let parts = program.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count >= 2, parts[parts.count - 2] == "bin" {
      let installed = parts.dropLast(2).joined(separator: "/") + "/lib/honeyguide/" + content.build
      if unsafe access(installed, F_OK) == 0, (try? content.check(installed)) != nil {
        return AgentLibrary(directory: ByteString(installed))
      }
    }
    let directory = ownPlace + "/" + content.build
    if unsafe access(directory, F_OK) != 0 { try content.place(below: ownPlace) }
    try content.check(directory)
    return AgentLibrary(directory: ByteString(directory))
  }

  /// Places it below a directory that need not exist, for an installation; gives the directory BUILD.
  @discardableResult
  public static func install(below place: String) throws -> String {
    let content = Content()
    if unsafe access(place + "/" + content.build, F_OK) != 0 { try content.place(below: place) }
    return place + "/" + content.build
  }

  /// What is to be there.
  private struct Content {
    let files: [(name: String, bytes: [UInt8])]
    let build: String

    init() {
      let both = (EmbeddedObject.agent, EmbeddedObject.agent32)
      files = [("agent.so", both.0.bytes), ("agent32.so", both.1.bytes)]
      // A name, no proof. What is there is compared byte by byte.
      build = both.0.digest + both.1.digest
    }

    static let loops = ["s"] + (0..<16).map { String($0, radix: 16) }

    /// What $LIB may stand for, by the file that it leads to. `lib` is what 32-bit programs have on some systems, and
    /// 64-bit ones on others: the C library that lies there tells.
    static let places: [(directory: String, target: String)] = {
      #if arch(arm64)
        let (own, other) = ("aarch64-linux-gnu", "arm-linux-gnueabihf")
      #else
        let (own, other) = ("x86_64-linux-gnu", "i386-linux-gnu")
      #endif
      // The fifth byte of an ELF file: 1 for 32 bits.
      var start = [UInt8](repeating: 0, count: 5)
      let file = unsafe open("/usr/lib/libc.so.6", O_RDONLY | O_CLOEXEC)
      let isShort = unsafe file >= 0 && read(file, &start, start.count) == start.count && start[4] == 1
      if file >= 0 { close(file) }
      return [
        ("lib", isShort ? "../agent32.so" : "../agent.so"), ("lib64", "../agent.so"),
        ("lib32", "../agent32.so"), ("lib/\(own)", "../../agent.so"), ("lib/\(other)", "../../agent32.so"),
      ]
    }()

    /// Makes all of it under another name, and renames that: nobody ever sees half of it.
    func place(below place: String) throws(InjectionError) {
      // Whatever the umask; what is there is as somebody wants it.
      let isMade = unsafe mkdir(place, 0o755) == 0
      guard unsafe isMade ? chmod(place, 0o755) == 0 : errno == EEXIST else {
        throw .cannotPlace(place, errno)
      }
      let fresh = "\(place)/.\(build).\(getpid())"
      func attempt(_ result: Int32) throws(InjectionError) {
        if result != 0 { throw .cannotPlace(fresh, errno) }
      }
      unsafe try attempt(mkdir(fresh, 0o755))
      for directory in Self.places.map(\.directory) {
        unsafe try attempt(mkdir("\(fresh)/\(directory)", 0o755))
        unsafe try attempt(chmod("\(fresh)/\(directory)", 0o755))
      }
      for (name, bytes) in files {
        let file = unsafe open("\(fresh)/\(name)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o755)
        guard file >= 0 else { throw .cannotPlace(fresh, errno) }
        defer { close(file) }
        guard unsafe write(file, bytes, bytes.count) == bytes.count else { throw .cannotPlace(fresh, errno) }
        try attempt(fchmod(file, 0o755))
      }
      for (directory, target) in Self.places {
        unsafe try attempt(symlink(target, "\(fresh)/\(directory)/agent.so"))
      }
      for loop in Self.loops { unsafe try attempt(symlink(".", "\(fresh)/\(loop)")) }
      unsafe try attempt(chmod(fresh, 0o755))
      // Another Honeyguide may have been faster: then what is there is looked at like anything else.
      if unsafe rename(fresh, "\(place)/\(build)") != 0, errno != EEXIST && errno != ENOTEMPTY {
        throw .cannotPlace(place, errno)
      }
    }

    /// Whether what is there is what should be, root's alone, and can be loaded by everybody.
    func check(_ directory: String) throws(InjectionError) {
      var above = ""
      for part in directory.split(separator: "/") {
        above += "/" + part
        var about = stat()
        guard unsafe lstat(above, &about) == 0 || errno != ENOENT else { throw .cannotPlace(above, errno) }
        let isLink = about.st_mode & S_IFMT == S_IFLNK
        guard about.st_uid == 0, isLink || about.st_mode & 0o002 == 0 else { throw .notOwn(above) }
        guard isLink || about.st_mode & 0o001 != 0 else { throw .unreachable(above) }
      }
      for (name, bytes) in files {
        let path = "\(directory)/\(name)"
        var about = stat()
        guard unsafe lstat(path, &about) == 0, about.st_uid == 0, about.st_mode == S_IFREG | 0o755,
          readFile(ByteString(path)) == bytes
        else { throw .notOwn(path) }
      }
      let links =
        Self.places.map { ("\(directory)/\($0.directory)/agent.so", $0.target) }
        + Self.loops.map { ("\(directory)/\($0)", ".") }
      for (path, target) in links where Self.target(of: path) != target { throw .notOwn(path) }
      var system = statfs()
      guard unsafe statfs(directory, &system) == 0 else { throw .cannotPlace(directory, errno) }
      if system.f_flags & 8 /* ST_NOEXEC */ != 0 { throw .noExec(directory) }
    }

    private static func target(of path: String) -> String? {
      var buffer = [CChar](repeating: 0, count: 256)
      let count = unsafe readlink(path, &buffer, buffer.count)
      return count < 0 ? nil : String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// Why nothing is put into the command's programs: a sentence for the page.
enum InjectionError: Error, Hashable, CustomStringConvertible {
  case cannotPlace(String, Int32)
  case notOwn(String)
  case unreachable(String)
  case noExec(String)
  case noSession(String, Int32)

  var description: String { "Python processes were not observed inside: \(reason)." }

  /// The end of the sentence.
  var reason: String {
    switch self {
    case .cannotPlace(let path, let error):
      "the agent's library could not be placed (\(path): \(ErrorNumber(error)))\(Self.advice(error))"
    case .notOwn(let path):
      "\(path) is not as Honeyguide made it, or not root's alone; remove it as root, and start again"
    case .unreachable(let path): "\(path) cannot be entered by everybody; chmod o+x it"
    case .noExec(let path): "\(path) is on a file system mounted noexec; remount it with exec"
    case .noSession(let path, let error):
      "the session's directory could not be made (\(path): \(ErrorNumber(error)))\(Self.advice(error))"
    }
  }

  private static func advice(_ error: Int32) -> String {
    switch error {
    case EACCES, EPERM:
      geteuid() == 0
        ? "; root itself may not write there: look at the directory's attributes (lsattr) and at its owner"
        : "; start Honeyguide with sudo"
    case ENOENT: "; there is no directory to make it in: make that, as root"
    case ENOTDIR, EEXIST: "; something that is no directory is in its place: remove it"
    case EROFS: "; it is on a file system mounted read-only, remount it for writing"
    case ENOSPC, EDQUOT: "; make room there"
    default: ""
    }
  }
}
