// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import Glibc
internal import Inspection

/// The tables that lie in a session's directory, by the numbers in their names. Everybody can put anything there.
struct TableDirectory {
  private let path: String
  private let descriptor: Int32
  private let session: UInt32
  /// What was there when it was listed last: names by the process's own number.
  private var names: [Int32: Set<String>] = [:]
  private var listed = timespec()

  /// How many names of one process are looked at.
  private static let bound = 64

  init(path: String, descriptor: Int32, session: UInt32) {
    (self.path, self.descriptor, self.session) = (path, descriptor, session)
  }

  /// Lists it again where it has changed. Its time of change has the grain of the kernel's clock tick: one that is so young
  /// may hide another change.
  private mutating func refresh() {
    var about = stat(), now = timespec()
    guard unsafe fstat(descriptor, &about) == 0 else { return }
    if about.st_mtim.tv_sec == listed.tv_sec, about.st_mtim.tv_nsec == listed.tv_nsec { return }
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    let age = (now.tv_sec - about.st_mtim.tv_sec) * 1_000_000_000 + now.tv_nsec - about.st_mtim.tv_nsec
    listed = age > 20_000_000 ? about.st_mtim : timespec()
    names = [:]
    for name in AgentSession.names(in: path).map(\.text) {
      if let parsed = Self.parse(name) { names[parsed.pid, default: []].insert(name) }
    }
  }

  /// "<pid>-<created, hexadecimal>"; nil for any other name.
  static func parse(_ name: String) -> (pid: Int32, created: UInt64)? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let pid = Int32(parts[0]), pid > 0, let created = UInt64(parts[1], radix: 16),
      name == "\(pid)-" + String(created, radix: 16)
    else { return nil }
    return (pid, created)
  }

  /// Takes the tables away that one of these numbers made in that period, in the order they were made.
  mutating func take(_ pids: [Int32], created period: ClosedRange<UInt64>, owners: Set<UInt32>) -> [Result<
    AgentTable, TableError
  >] {
    found(pids, period).map { name, pid, created in
      defer {
        unsafe unlinkat(descriptor, name, 0)
        names[pid]?.remove(name)
      }
      return read(name, pid, created, owners)
    }
  }

  /// The same as it stands now, left where it is; what cannot be read may become readable.
  mutating func copy(_ pids: [Int32], created period: ClosedRange<UInt64>, owners: Set<UInt32>)
    -> [AgentTable]
  {
    found(pids, period).compactMap { name, pid, created in try? read(name, pid, created, owners).get() }
  }

  private mutating func found(_ pids: [Int32], _ period: ClosedRange<UInt64>) -> [(
    name: String, pid: Int32, created: UInt64
  )] {
    refresh()
    if names.isEmpty { return [] }
    let found = pids.flatMap { names[$0] ?? [] }.compactMap { name in
      Self.parse(name).map { (name: name, pid: $0.pid, created: $0.created) }
    }
    return Array(
      found.filter { period.contains($0.created) }.sorted { $0.created < $1.created }.prefix(Self.bound))
  }

  private func read(_ name: String, _ pid: Int32, _ created: UInt64, _ owners: Set<UInt32>) -> Result<
    AgentTable, TableError
  > {
    do throws(TableError) {
      let table = try read(name, owners)
      guard table.header.pid == pid, table.header.created == created else { throw .malformed }
      guard table.header.session == UInt64(session) else { throw .unmatched }
      return .success(table)
    } catch { return .failure(error) }
  }

  /// A copy of the file, in which everything has been checked. It is never mapped: one that is cut meanwhile is read short.
  private func read(_ name: String, _ owners: Set<UInt32>) throws(TableError) -> AgentTable {
    let file = try open(name, O_RDONLY, owners)
    var about = stat()
    // Its process was killed as soon as it had made it.
    if unsafe fstat(file.number, &about) == 0, about.st_size == 0 { throw .unfinished }
    let head = try Self.read(file.number, AgentTable.headerSize)
    let header = try AgentTable.header(head)
    let bytes = try Self.read(file.number, try AgentTable.size(header))
    return try AgentTable(bytes)
  }

  private func open(_ name: String, _ mode: Int32, _ owners: Set<UInt32>?) throws(TableError) -> Descriptor {
    // Looked at before it is opened: to open a device can have effects.
    var about = stat()
    guard unsafe fstatat(descriptor, name, &about, AT_SYMLINK_NOFOLLOW) == 0 else { throw .unreadable }
    guard about.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    let number = unsafe openat(descriptor, name, mode | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard number >= 0 else { throw errno == ELOOP ? .notRegular : .unreadable }
    let file = Descriptor(number)
    guard unsafe fstat(number, &about) == 0, about.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
    guard about.st_nlink == 1 else { throw .linked }
    if let owners, !owners.contains(about.st_uid) { throw .wrongOwner }
    guard about.st_size <= AgentSession.tableLimit else { throw .tooLarge }
    return file
  }

  private static func read(_ file: Int32, _ size: Int) throws(TableError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var done = 0
    while done < size {
      let count = unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe pread(file, bytes.baseAddress?.advanced(by: done), size - done, Int(done))
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .unreadable }
      if count == 0 { throw .truncated }
      done += count
    }
    return bytes
  }

  /// Says to all agents that the session is over.
  mutating func stopAll() {
    refresh()
    for name in names.values.flatMap({ $0 }) {
      guard let file = try? open(name, O_RDWR, nil),
        let head = try? Self.read(file.number, AgentTable.headerSize),
        (try? AgentTable.header(head)) != nil,
        let place = MemoryLayout<hg_agent_header>.offset(of: \.stop)
      else { continue }
      var word: UInt32 = 1
      unsafe _ = pwrite(file.number, &word, MemoryLayout<UInt32>.size, Int(place))
    }
  }

  /// How many are there that nobody has taken.
  func left() -> Int {
    AgentSession.names(in: path).count { $0.text != HG_AGENT_SESSION_FILE }
  }
}
