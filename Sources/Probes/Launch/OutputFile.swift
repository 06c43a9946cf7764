// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
public import Inspection

/// A file that an option names, open for writing.
///
/// It is opened with the rights of the user alone, whatever Honeyguide's own: never as root and then given away.
public struct OutputFile: ~Copyable {
  /// As the option has it.
  public let path: ByteString
  private let descriptor: Descriptor
  /// Of standard output and error, which one; nil for a file.
  private let standard: Int32?

  /// The descriptor, for isatty(3) and the like; it stays ours.
  public var number: Int32 { descriptor.number }

  /// Creates the file (0666 less the umask) or empties it. `-` and /dev/stdout are standard output, /dev/stderr
  /// is standard error.
  ///
  /// In a directory where everybody may create files and nobody may delete another's (/tmp), the last component
  /// must be an ordinary file of the user's own with no second name, or not be there: no symbolic link, no pipe.
  public init(_ path: ByteString, as user: Identity) throws(OutputError) {
    self.path = path
    standard = Self.standard(path)
    if let standard {
      guard Self.isWritable(standard) else { throw .standardClosed(path) }
      descriptor = try Self.copy(standard, path)
    } else {
      descriptor = try Self.open(path, as: user)
    }
  }

  /// Standard error, for what no option sends elsewhere. Where it is closed, what is written goes nowhere.
  public init(standardErrorAs path: ByteString) throws(OutputError) {
    self.path = path
    standard = STDERR_FILENO
    descriptor = try Self.copy(STDERR_FILENO, path)
  }

  /// Whether both are one file, by whatever names, and what is written to one would spoil the other. A terminal
  /// or /dev/null can take both.
  public func isSame(as other: borrowing OutputFile) -> Bool {
    if let standard, standard == other.standard { return true }
    var (ours, theirs) = (stat(), stat())
    guard unsafe fstat(number, &ours) == 0, unsafe fstat(other.number, &theirs) == 0 else { return false }
    return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino && ours.st_mode & S_IFMT != S_IFCHR
  }

  private static func copy(_ standard: Int32, _ path: ByteString) throws(OutputError) -> Descriptor {
    let copy = fcntl(standard, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw .cannotOpen(path, ErrorNumber(errno)) }
    return Descriptor(copy)
  }

  /// Whether a standard descriptor was there when Honeyguide was started. One that is close-on-exec was not: it
  /// only holds the place (see ``Descriptor/holdStandardPlaces()``).
  private static func isWritable(_ standard: Int32) -> Bool {
    let flags = fcntl(standard, F_GETFD)
    let mode = fcntl(standard, F_GETFL)
    return flags >= 0 && flags & FD_CLOEXEC == 0 && mode >= 0 && mode & O_ACCMODE != O_RDONLY
  }

  private static func standard(_ path: ByteString) -> Int32? {
    switch path.text {
    case "-", "/dev/stdout": STDOUT_FILENO
    case "/dev/stderr": STDERR_FILENO
    default: nil
    }
  }

  private static func open(_ path: ByteString, as user: Identity) throws(OutputError) -> Descriptor {
    let slash = UInt8(ascii: "/")
    let split = path.bytes.lastIndex(of: slash)
    let name = ByteString(split.map { path.bytes[($0 + 1)...] } ?? path.bytes[...])
    guard !path.isEmpty else { throw .noName }
    guard !path.bytes.contains(0) else { throw .cannotOpen(path, .noEntry) }
    guard !name.isEmpty else { throw .cannotOpen(path, ErrorNumber(EISDIR)) }
    let parent = split.map { $0 == 0 ? ByteString("/") : ByteString(path.bytes[..<$0]) } ?? "."

    let directory = try user.open(parent, flags: __O_PATH | O_DIRECTORY, for: path)
    guard try isSharedAndSticky(directory, path) else {
      return try openAnything(name, in: directory, path, as: user)
    }
    // Looked at before it is emptied, and without waiting for the reader of a pipe somebody has put there.
    let file = try user.open(
      name, in: directory, flags: O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, for: path)
    var status = stat()
    guard unsafe fstat(file.number, &status) == 0 else { throw .cannotOpen(path, ErrorNumber(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == user.uid, status.st_nlink == 1 else {
      throw .notOurs(path)
    }
    guard ftruncate(file.number, 0) == 0, fcntl(file.number, F_SETFL, 0) == 0 else {
      throw .cannotOpen(path, ErrorNumber(errno))
    }
    return file
  }

  /// As a shell's redirection, but without waiting for the reader of a pipe.
  private static func openAnything(
    _ name: ByteString, in directory: borrowing Descriptor, _ path: ByteString, as user: Identity
  ) throws(OutputError) -> Descriptor {
    let file: Descriptor
    do {
      file = try user.open(name, in: directory, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK, for: path)
    } catch .cannotOpen(let path, let error) where error.number == ENXIO {
      var status = stat()
      let isPipe =
        unsafe fstatat(directory.number, name.cString, &status, 0) == 0 && status.st_mode & S_IFMT == S_IFIFO
      throw isPipe ? .noReader(path) : .cannotOpen(path, error)
    }
    guard fcntl(file.number, F_SETFL, 0) == 0 else { throw .cannotOpen(path, ErrorNumber(errno)) }
    return file
  }

  private static func isSharedAndSticky(
    _ directory: borrowing Descriptor, _ path: ByteString
  ) throws(OutputError) -> Bool {
    var status = stat()
    guard unsafe fstat(directory.number, &status) == 0 else { throw .cannotOpen(path, ErrorNumber(errno)) }
    return status.st_mode & S_ISVTX != 0 && status.st_mode & (S_IWOTH | S_IWGRP) != 0
  }

  /// Writes all of it, however often write(2) takes only a part, also where somebody has made the descriptor
  /// non-blocking.
  public func write(_ bytes: RawSpan) throws(OutputError) {
    var done = 0
    while done < bytes.byteCount {
      let rest = bytes.extracting(droppingFirst: done)
      let count = unsafe rest.withUnsafeBytes { rest in
        unsafe Glibc.write(number, rest.baseAddress, rest.count)
      }
      if count >= 0 {
        done += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&waiting, 1, -1)
      case EPIPE: throw .closed
      default: throw .cannotWrite(path, ErrorNumber(errno))
      }
    }
  }

  public func write(_ bytes: [UInt8]) throws(OutputError) { try unsafe write(bytes.span.bytes) }

  /// Throws `closed` when nobody can read any more what is written: when the reader of a pipe has gone, or the other end of a
  /// socket or terminal (poll(2)). A pipe with a name may be opened again by another reader.
  public func expectReader() throws(OutputError) {
    var asked = pollfd(fd: number, events: 0, revents: 0)
    guard unsafe poll(&asked, 1, 0) == 1, Int32(asked.revents) & (POLLERR | POLLHUP) != 0 else { return }
    var status = stat(), system = statfs()
    guard unsafe fstat(number, &status) == 0, unsafe fstatfs(number, &system) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFIFO, system.f_type != 0x5049_5045 { return }
    throw .closed
  }

  /// Closes it, and tells of an error that only shows now (close(2) on a network file system).
  public consuming func close() throws(OutputError) {
    let path = path
    let number = descriptor.release()
    guard Glibc.close(number) != 0, errno != EINTR else { return }
    throw .cannotWrite(path, ErrorNumber(errno))
  }
}

extension Identity {
  /// openat(2) with this identity's rights.
  fileprivate func open(
    _ name: ByteString, in directory: borrowing Descriptor, flags: Int32, for path: ByteString
  ) throws(OutputError) -> Descriptor {
    try open(name, in: directory.number, flags: flags, for: path)
  }

  fileprivate func open(
    _ name: ByteString, in directory: Int32 = AT_FDCWD, flags: Int32, for path: ByteString
  ) throws(OutputError) -> Descriptor {
    let file = name.cString
    var became: Int32 = 0
    let result = unsafe groups.withUnsafeBufferPointer { groups in
      var identity = unsafe hg_identity(
        uid: uid, gid: gid, groups: groups.baseAddress, group_count: groups.count)
      return unsafe hg_openat_as(&identity, directory, file, flags | O_CLOEXEC | O_NOCTTY, 0o666, &became)
    }
    if result >= 0 { return Descriptor(result) }
    let error = ErrorNumber(-result)
    if became == 0 { throw .cannotBecome(path, user: label, error) }
    throw flags & O_NOFOLLOW != 0 && (-result == ELOOP || -result == ENXIO)
      ? .notOurs(path) : .cannotOpen(path, error)
  }
}
