// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection
import Testing

@testable import Probes

@Suite struct LaunchOutputFileTests {
  let directory = TemporaryDirectory()
  static let nobody = try? Identity.user("nobody")

  func path(_ name: String) -> ByteString { ByteString("\(directory.path)/\(name)") }

  /// The mode, owner and size of a file, by stat(1).
  func stat(_ name: String) -> String {
    String(Shell.run("stat -c '%a %u %g %s' '\(directory.path)/\(name)'").lines.first ?? "")
  }

  @Test func `A file is created as the shell's redirection creates it`() throws {
    let file = try OutputFile(path("new"), as: .ours)
    try file.write(Array("text".utf8))
    try file.close()
    _ = Shell.run("printf text > '\(directory.path)/alone'")
    #expect(stat("new") == stat("alone"))
    #expect(directory.read("new") == "text")
  }

  @Test func `A file that is there is emptied and keeps its mode`() throws {
    directory.write("something long", to: "old")
    unsafe chmod("\(directory.path)/old", 0o640)
    let file = try OutputFile(path("old"), as: .ours)
    #expect(directory.read("old") == "")
    try file.write(Array("a".utf8))
    try file.write(Array("b".utf8))
    try file.close()
    #expect(stat("old").hasPrefix("640 "))
    #expect(directory.read("old") == "ab")
  }

  @Test func `A descriptor of an output is not handed to the command`() throws {
    let file = try OutputFile(path("new"), as: .ours)
    #expect(fcntl(file.number, F_GETFD) == FD_CLOEXEC)
    let standard = try OutputFile("-", as: .ours)
    #expect(fcntl(standard.number, F_GETFD) == FD_CLOEXEC)
    #expect(standard.number > 2)
  }

  static let failures: [(prepare: String, name: String, says: String)] = [
    ("", "no/such", "no such directory"),
    ("mkdir d", "d", "it is a directory"),
    ("mkdir d", "d/", "it is a directory"),
    ("touch f", "f/below", "no directory"),
    ("ln -s loop loop", "loop", "ELOOP"),
    ("touch program; chmod +x program", "n\u{1b}o/x", #"n\x1bo/x"#),
  ]

  @Test(arguments: failures) func `A bad path is one sentence`(prepare: String, name: String, says: String) {
    unsafe system("cd '\(directory.path)' && \(prepare.isEmpty ? ":" : prepare)")
    do {
      _ = try OutputFile(path(name), as: .ours)
      Issue.record("\(name) was opened")
    } catch {
      #expect("\(error)".contains(says), "\(error)")
      #expect("\(error)".hasSuffix(".") && !"\(error)".contains("\n"))
    }
  }

  @Test func `An empty name is one sentence`() {
    #expect(throws: OutputError.noName) { _ = try OutputFile("", as: .ours) }
  }

  @Test func `A full disk is told with its reason`() throws {
    let full = try OutputFile("/dev/full", as: .ours)
    #expect(throws: OutputError.cannotWrite("/dev/full", ErrorNumber(ENOSPC))) { try full.write([1]) }
  }

  @Test func `A reader that has gone is told apart from an error`() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    let pipe = try Pipe()
    let file = try OutputFile(ByteString("/proc/self/fd/\(pipe.writing.number)"), as: .ours)
    try file.write([1, 2, 3])
    close(pipe)
    #expect(throws: OutputError.closed) { try file.write([4]) }
  }

  private func close(_ pipe: consuming Pipe) {}

  @Test func `A slow reader that made the pipe non-blocking gets everything`() throws {
    let name = "\(directory.path)/fifo"
    unsafe mkfifo(name, 0o600)
    let reader = unsafe open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let file = try OutputFile(ByteString(name), as: .ours)
    _ = fcntl(file.number, F_SETFL, O_NONBLOCK)
    _ = fcntl(reader, F_SETFL, 0)
    let result = SlowReader.start(reader)
    // Far more than a pipe holds.
    try file.write([UInt8](repeating: 7, count: 1 << 20))
    try file.close()
    #expect(result.finish() == 1 << 20)
  }

  // MARK: Directories of everybody's

  func makeShared() { unsafe chmod(directory.path, 0o1777) }

  @Test func `In a directory of everybody's a file of one's own is written`() throws {
    makeShared()
    directory.write("old", to: "mine")
    for name in ["mine", "new"] {
      let file = try OutputFile(path(name), as: .ours)
      try file.write(Array("text".utf8))
      try file.close()
      #expect(directory.read(name) == "text")
    }
  }

  /// What somebody may have put there, and what it would have written to.
  static let traps: [String] = [
    "ln -s victim trap", "ln victim trap", "mkfifo trap", "ln -s missing trap", "mkdir trap",
    "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"trap\")'",
  ]

  @Test(arguments: traps) func `In a directory of everybody's nothing but a file is written`(trap: String) {
    makeShared()
    directory.write("precious", to: "victim")
    unsafe system("cd '\(directory.path)' && \(trap)")
    #expect(throws: OutputError.self) { _ = try OutputFile(path("trap"), as: .ours) }
    #expect(directory.read("victim") == "precious")
    #expect(directory.read("missing") == nil)
  }

  @Test(.enabled(if: LaunchRights.areRoot, "another owner needs root"))
  func `In a directory of everybody's a file of somebody else is not emptied`() throws {
    makeShared()
    directory.write("precious", to: "theirs")
    unsafe chmod("\(directory.path)/theirs", 0o666)
    let nobody = try #require(Self.nobody)
    unsafe chown("\(directory.path)/theirs", 1, 1)
    #expect(throws: OutputError.notOurs(path("theirs"))) { _ = try OutputFile(path("theirs"), as: nobody) }
    #expect(throws: OutputError.notOurs(path("theirs"))) { _ = try OutputFile(path("theirs"), as: .ours) }
    #expect(directory.read("theirs") == "precious")
  }

  @Test func `Elsewhere a symbolic link is followed, as in a shell`() throws {
    unsafe symlink("target", "\(directory.path)/link")
    let file = try OutputFile(path("link"), as: .ours)
    try file.write(Array("text".utf8))
    #expect(directory.read("target") == "text")
  }

  // MARK: Another user's rights

  @Test(.enabled(if: LaunchRights.areRoot, "becoming another user needs root"))
  func `A file is opened with the rights of the user, and belongs to them`() throws {
    let nobody = try #require(Self.nobody)
    unsafe chmod(directory.path, 0o777)
    let file = try OutputFile(path("theirs"), as: nobody)
    try file.write([65])
    #expect(stat("theirs") == "644 \(nobody.uid) \(nobody.gid) 1")

    directory.write("secret", to: "ours")
    unsafe chmod("\(directory.path)/ours", 0o600)
    #expect(throws: OutputError.cannotOpen(path("ours"), ErrorNumber(EACCES))) {
      _ = try OutputFile(path("ours"), as: nobody)
    }
    #expect(directory.read("ours") == "secret")
    unsafe chmod(directory.path, 0o755)
    #expect(throws: OutputError.cannotOpen(path("another"), ErrorNumber(EACCES))) {
      _ = try OutputFile(path("another"), as: nobody)
    }
    unsafe chmod(directory.path, 0o700)
    #expect(throws: OutputError.self) { _ = try OutputFile(path("theirs"), as: nobody) }
  }

  @Test(.enabled(if: LaunchRights.areRoot, "becoming another user needs root"))
  func `The user's groups count, and root's do not`() throws {
    var user = try #require(Self.nobody)
    unsafe chmod(directory.path, 0o770)
    unsafe chown(directory.path, 0, 4242)
    #expect(throws: OutputError.self) { _ = try OutputFile(path("file"), as: user) }
    user.groups = [4242]
    _ = try OutputFile(path("file"), as: user)
    unsafe chown(directory.path, 0, 0)
    #expect(throws: OutputError.self) { _ = try OutputFile(path("file"), as: user) }
  }

  @Test(.enabled(if: LaunchRights.areRoot, "becoming another user needs root"))
  func `Afterwards the thread is itself again`() throws {
    let nobody = try #require(Self.nobody)
    func credentials() -> [Substring] {
      let status = readFile("/proc/thread-self/status").map { String(decoding: $0, as: UTF8.self) } ?? ""
      return status.split(separator: "\n").filter {
        $0.hasPrefix("Uid") || $0.hasPrefix("Gid") || $0.hasPrefix("Groups") || $0.hasPrefix("Cap")
      }
    }
    let before = credentials()
    #expect(before.count == 8)
    unsafe chmod(directory.path, 0o777)
    _ = try OutputFile(path("file"), as: nobody)
    #expect(credentials() == before)
    #expect(throws: OutputError.self) { _ = try OutputFile("/root/x/y", as: nobody) }
    #expect(credentials() == before)
  }
}

/// Reads a descriptor to its end on a thread of its own, a little at a time.
final class SlowReader: @unchecked Sendable {
  private let descriptor: Int32
  private var total = 0
  private var thread = pthread_t()

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  static func start(_ descriptor: Int32) -> SlowReader {
    let reader = SlowReader(descriptor)
    let context = unsafe Unmanaged.passRetained(reader).toOpaque()
    unsafe pthread_create(
      &reader.thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        let reader = unsafe Unmanaged<SlowReader>.fromOpaque(context).takeRetainedValue()
        var buffer = [UInt8](repeating: 0, count: 10_000)
        usleep(20_000)
        while true {
          let count = unsafe read(reader.descriptor, &buffer, buffer.count)
          if count <= 0 { return nil }
          reader.total += count
        }
      }, context)
    return reader
  }

  /// Waits for the end; gives how many bytes there were.
  func finish() -> Int {
    pthread_join(thread, nil)
    close(descriptor)
    return total
  }
}
