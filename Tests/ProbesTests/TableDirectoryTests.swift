// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import Glibc
internal import Inspection
internal import Synchronization
internal import SystemPackage
internal import TestSupport
internal import Testing

@testable internal import Probes

/// What anybody may put where agents leave their tables: it is refused, counted, and waited for by nobody.
@Suite(.timeLimit(.minutes(1))) struct TableDirectoryTests {
  private static let session: UInt32 = 0x3f0a_1b2c, pid: Int32 = 4242, created: UInt64 = 1_000_000
  private static let name = "4242-f4240"

  /// A table as the process 4242 would have left it.
  private static var table: [UInt8] {
    var bytes = AgentTableTests.table(chunks: 3)
    func put(_ number: UInt64, _ size: Int, at place: Int?) {
      for byte in 0..<size {
        bytes[(place ?? 0) + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))
      }
    }
    put(UInt64(session), 8, at: 24)
    put(UInt64(pid), 4, at: 32)
    put(created, 8, at: 40)
    return bytes
  }

  /// Prepares a directory, and takes what the process left in it; gives also what is still there afterwards.
  private func take(
    owners: Set<UInt32>? = nil, _ prepare: (FilePath) throws -> Void
  ) throws -> (results: [Result<AgentTable, TableError>], left: Int) {
    let path = try Files.makeTemporaryDirectory()
    defer { _ = try? Files.remove(path) }
    try prepare(path)
    let descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    return try descriptor.closeAfter {
      var tables = TableDirectory(path: path.string, descriptor: descriptor.rawValue, session: Self.session)
      let results = tables.take([Self.pid], created: 1...2_000_000, owners: owners ?? [getuid()])
      tables.stopAll()
      return (results, tables.left())
    }
  }

  private func error(_ results: [Result<AgentTable, TableError>]) -> TableError? {
    guard results.count == 1, case .failure(let error) = results[0] else { return nil }
    return error
  }

  @Test func `a table as an agent leaves it is taken, and is gone`() throws {
    let (results, left) = try take { try Files.write(Self.table, to: $0.appending(Self.name)) }
    #expect(results.count == 1 && error(results) == nil)
    #expect(left == 0)
  }

  enum Hostile: CaseIterable {
    case fifo, socket, directory, link, dangling, looped, hardLink, empty, short, cut, random, zeros, hole,
      tooLarge,
      otherSession, otherProcess, otherTime, leased
    var error: TableError {
      switch self {
      case .fifo, .socket, .directory, .link, .dangling, .looped: .notRegular
      case .hardLink: .linked
      case .empty, .zeros: .unfinished
      case .short, .cut: .truncated
      case .random, .otherProcess, .otherTime, .hole: .malformed
      case .tooLarge: .tooLarge
      case .otherSession: .unmatched
      case .leased: .unreadable
      }
    }
  }

  @Test(arguments: Hostile.allCases)
  func `what is no table of the process is refused without waiting for anybody`(_ kind: Hostile) throws {
    var kept: [FileDescriptor] = []
    defer { for descriptor in kept { try? descriptor.close() } }
    let (results, left) = try take { directory in
      let path = directory.appending(Self.name), table = Self.table
      func changed(_ place: Int) -> [UInt8] {
        table.enumerated().map { $0.offset == place ? $0.element ^ 1 : $0.element }
      }
      func sparse(_ size: Int, _ head: [UInt8]) throws {
        try Files.write(head, to: path)
        #expect(unsafe path.withPlatformString { unsafe truncate($0, size) } == 0)
      }
      switch kind {
      case .fifo: #expect(unsafe mkfifo(path.string, 0o666) == 0)
      case .socket: #expect(unsafe mknod(path.string, S_IFSOCK | 0o666, 0) == 0)
      case .directory: try Files.makeDirectory(path)
      case .link:
        let target = directory.appending("7-1")
        try Files.write(table, to: target)
        #expect(unsafe symlink(target.string, path.string) == 0)
      case .dangling: #expect(unsafe symlink("/nonexistent/file", path.string) == 0)
      case .looped: #expect(unsafe symlink(path.string, path.string) == 0)
      case .hardLink:
        try Files.write(table, to: path)
        #expect(unsafe link(path.string, directory.appending("7-1").string) == 0)
      case .empty: try Files.write([], to: path)
      case .short: try Files.write(table.prefix(100), to: path)
      case .cut: try Files.write(table.dropLast(), to: path)
      case .random: try Files.write((0..<20_000).map { _ in UInt8.random(in: 1...255) }, to: path)
      case .zeros: try Files.write([UInt8](repeating: 0, count: 5_000), to: path)
      // As large as a table may be, and nothing in it; and a header that claims all of that.
      case .hole:
        var head = Array(table.prefix(4096))
        (head[16], head[17]) = (0xff, 0x03)
        try sparse(AgentSession.tableLimit, head)
      case .tooLarge: try sparse(1 << 40, table)
      case .otherSession: try Files.write(changed(24), to: path)
      case .otherProcess: try Files.write(changed(32), to: path)
      case .otherTime: try Files.write(changed(40), to: path)
      case .leased:
        try Files.write(table, to: path)
        let holder = try FileDescriptor.open(path, .readWrite, options: [.closeOnExec])
        kept.append(holder)
        // The kernel would have whoever opens it wait until the holder gives the lease back: 45 seconds.
        signal(SIGIO, SIG_IGN)
        #expect(fcntl(holder.rawValue, 1024 /* F_SETLEASE */, Int32(F_WRLCK)) == 0)
      }
    }
    #expect(error(results) == kind.error)
    // What is refused is taken away all the same, but for directories; what stands beside it is somebody else's.
    let beside: Set<Hostile> = [.link, .hardLink, .directory]
    #expect(left == (beside.contains(kind) ? 1 : 0))
  }

  @Test(.enabled(if: getuid() == 0, "needs root, to give a file away"))
  func `a table of another user is refused`() throws {
    let (results, _) = try take {
      try Files.write(Self.table, to: $0.appending(Self.name))
      #expect(unsafe chown($0.appending(Self.name).string, 65_534, 65_534) == 0)
    }
    #expect(error(results) == .wrongOwner)
    let (own, _) = try take(owners: [65_534]) {
      try Files.write(Self.table, to: $0.appending(Self.name))
      #expect(unsafe chown($0.appending(Self.name).string, 65_534, 65_534) == 0)
    }
    #expect(own.count == 1 && error(own) == nil)
  }

  @Test func `a table that is cut and grows while it is read is taken whole or refused`() throws {
    let path = try Files.makeTemporaryDirectory()
    defer { _ = try? Files.remove(path) }
    let file = path.appending(Self.name), table = Self.table
    let descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
    defer { try? descriptor.close() }
    let hasEnded = Flag()
    let writer = Thread {
      var length = 0
      while !hasEnded.isSet {
        length = (length + 40_961) % (table.count + 1)
        _ = unsafe truncate(file.string, length)
        if length % 3 == 0 { _ = unsafe truncate(file.string, table.count) }
      }
    }
    var outcomes: [String: Int] = [:]
    for _ in 0..<2_000 {
      try Files.write(table, to: file)
      var tables = TableDirectory(path: path.string, descriptor: descriptor.rawValue, session: Self.session)
      for result in tables.take([Self.pid], created: 1...2_000_000, owners: [getuid()]) {
        switch result {
        case .success: outcomes["taken", default: 0] += 1
        case .failure(let error): outcomes[error.rawValue, default: 0] += 1
        }
      }
    }
    hasEnded.set()
    writer.join()
    #expect(outcomes.values.reduce(0, +) == 2_000)
    #expect(
      Set(outcomes.keys).isSubset(of: [
        "taken", "table-truncated", "table-unfinished", "table-malformed", "table-unreadable",
      ]), "\(outcomes)")
    #expect(outcomes.count > 1, "nothing was ever cut in time: \(outcomes)")
  }

  @Test func `of very many tables in one name those are looked at that came first, and all are counted`()
    throws
  {
    let (results, left) = try take { directory in
      for number in 1...10_000 {
        try Files.write([UInt8(1)], to: directory.appending("4242-" + String(number, radix: 16)))
      }
    }
    #expect(results.count == 64 && left == 10_000 - 64)
  }

  @Test func `names that no agent gives are counted, and not opened`() throws {
    let (results, left) = try take { directory in
      for name in ["4242", "x", "-1-1", "4242-F4240", "4242-f4240.tmp"] {
        #expect(unsafe mkfifo(directory.appending(name).string, 0o666) == 0)
      }
      let raw: [CChar] = (directory.string + "/").utf8CString.dropLast() + [-1, -2, 0]
      #expect(unsafe mkfifo(raw, 0o666) == 0)
    }
    #expect(results.isEmpty && left == 6)
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }
}
