// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import CLaunch
internal import Glibc
internal import Inspection

/// The directory that agents leave their tables in, for as long as one session lasts: everybody may add a file, nobody but
/// root can list them or take away another's. A lock on its file `session` says that Honeyguide is there; the kernel drops
/// it when Honeyguide is killed, and the agents fall silent.
final class AgentSession {
  let id: UInt32
  let path: String
  /// Descriptors, closed with this.
  let directory: Int32
  private let file: Int32
  private var isRemoved = false

  /// Where sessions are.
  static let place = HG_AGENT_SESSIONS
  /// Who does not know a session's number does not find its directory: others have no business there, and could fill the
  /// file system.
  private static let placeMode: mode_t = 0o711
  /// How large a table may become, in bytes.
  static let tableLimit = 64 << 20

  /// Eight hexadecimal digits.
  static func name(_ id: UInt32) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: Int(HG_AGENT_ID_DIGITS) - digits.count) + digits
  }

  static var usesCounter: Bool {
    #if arch(x86_64)
      readFile("/sys/devices/system/clocksource/clocksource0/current_clocksource") == Array("tsc\n".utf8)
    #else
      false
    #endif
  }

  /// `flags`: enum hg_agent_flag.
  init(flags: UInt32) throws(InjectionError) {
    unsafe mkdir(Self.place, Self.placeMode)
    var about = stat()
    guard unsafe lstat(Self.place, &about) == 0 else { throw .noSession(Self.place, errno) }
    guard about.st_uid == 0, about.st_mode & S_IFMT == S_IFDIR, about.st_mode & 0o022 == 0 else {
      throw .notOwn(Self.place)
    }
    // Whatever the umask, and whatever another version made it.
    unsafe chmod(Self.place, Self.placeMode)
    Self.removeDead()
    let id = UInt32.random(in: .min ... .max)
    let path = Self.place + "/" + Self.name(id)
    let fresh = Self.place + "/new-" + Self.name(id)
    guard unsafe mkdir(fresh, 0o700) == 0 else { throw .noSession(fresh, errno) }
    let directory = unsafe open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard directory >= 0 else { throw .noSession(fresh, errno) }
    let file = unsafe openat(
      directory, HG_AGENT_SESSION_FILE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else { throw .noSession(fresh, errno) }
    var session = hg_agent_session(
      magic: HG_AGENT_SESSION_MAGIC.rawValue, version: HG_AGENT_VERSION, flags: flags, unused: 0,
      id: UInt64(id),
      limit: UInt64(Self.tableLimit))
    let size = MemoryLayout<hg_agent_session>.size
    var lock = flock(l_type: Int16(F_WRLCK), l_whence: 0, l_start: 0, l_len: 1, l_pid: 0)
    guard unsafe write(file, &session, size) == size, fchmod(file, 0o644) == 0,
      unsafe fcntl(file, 37 /* F_OFD_SETLK */, &lock) == 0, fchmod(directory, 0o1733) == 0,
      unsafe rename(fresh, path) == 0
    else { throw .noSession(fresh, errno) }
    (self.id, self.path) = (id, path)
    self.directory = directory
    self.file = file
  }

  /// Where the command never began, nothing has removed the directory before.
  deinit {
    if !isRemoved { remove() }
    close(directory)
    close(file)
  }

  /// Takes the directory away, with what is left in it.
  func remove() {
    Self.remove(path)
    isRemoved = true
  }

  /// Those whose Honeyguide was killed.
  private static func removeDead() {
    for name in names(in: place).map(\.text) {
      let isName = name.utf8.count == Int(HG_AGENT_ID_DIGITS) && UInt32(name, radix: 16) != nil
      let isFresh = name.hasPrefix("new-")
      guard isName || isFresh else { continue }
      var about = stat()
      guard unsafe lstat("\(place)/\(name)", &about) == 0, about.st_uid == 0 else { continue }
      // One that is just being made has no lock yet.
      if isFresh, time(nil) - about.st_mtim.tv_sec < 60 { continue }
      if !isHeld("\(place)/\(name)/" + HG_AGENT_SESSION_FILE) { remove("\(place)/\(name)") }
    }
  }

  private static func isHeld(_ path: String) -> Bool {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard number >= 0 else { return false }
    defer { close(number) }
    // What a reader could lock is no sign: only root can lock it for writing.
    var lock = flock(l_type: Int16(F_RDLCK), l_whence: 0, l_start: 0, l_len: 1, l_pid: 0)
    return unsafe fcntl(number, 36 /* F_OFD_GETLK */, &lock) == 0 && lock.l_type == Int16(F_WRLCK)
  }

  /// A directory of ours and the files that others put in it. Of directories that others made only empty ones go.
  private static func remove(_ path: String) {
    let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard number >= 0 else { return }
    defer { close(number) }
    // Nobody adds anything from now on.
    fchmod(number, 0o700)
    for name in names(in: path).map(\.cString) where unsafe unlinkat(number, name, 0) != 0 {
      unsafe unlinkat(number, name, AT_REMOVEDIR)
    }
    unsafe rmdir(path)
  }

  /// What is in a directory, without "." and "..".
  static func names(in path: String) -> [ByteString] {
    guard let stream = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [ByteString] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe ByteString($0.prefix { $0 != 0 })
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}
