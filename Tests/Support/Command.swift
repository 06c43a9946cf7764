// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

internal import Glibc

/// A program to run: its arguments, where, and with which environment (nothing is inherited).
public struct Command: Sendable {
  public var arguments: [String]
  public var environment: [String: String]
  public var directory: FilePath
  /// What it reads; nothing unless given.
  public var input: FilePath = "/dev/null"
  /// Longer than this, and it is killed.
  public var limit: Duration = .seconds(120)

  public init(
    _ arguments: [String], environment: [String: String] = Command.plainEnvironment, in directory: FilePath
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }

  /// The same in every run, and nothing of the user's.
  public static let plainEnvironment = ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"]

  public struct Outcome: Equatable, Sendable {
    /// As a shell tells it: the code, or 128 and the signal.
    public var status: Int32
    public var output: [UInt8]
    public var errors: [UInt8]
    public var outputText: String { String(decoding: output, as: UTF8.self) }
    public var errorText: String { String(decoding: errors, as: UTF8.self) }
  }

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// Runs it to its end.
  public func run() throws -> Outcome { try start().wait() }

  /// Runs it, and throws when it does not end with 0.
  @discardableResult
  public func succeed() throws -> Outcome {
    let outcome = try run()
    guard outcome.status == 0 else {
      throw Failure(description: "\(arguments) ended with \(outcome.status): \(outcome.errorText)")
    }
    return outcome
  }

  /// A program that was started.
  public struct Running: Sendable {
    public let pid: Int32
    fileprivate let command: Command
    fileprivate let output: FilePath
    fileprivate let errors: FilePath
    fileprivate let scratch: FilePath
    fileprivate let deadline: ContinuousClock.Instant

    public func signal(_ number: Int32) { _ = Glibc.kill(pid, number) }

    /// Waits for its end.
    public func wait() throws -> Outcome {
      defer { _ = try? Files.remove(scratch) }
      let status = try waitForStatus()
      return Outcome(status: status, output: try Files.read(output), errors: try Files.read(errors))
    }

    private func waitForStatus() throws -> Int32 {
      var status: Int32 = 0
      var pause: UInt32 = 200
      while true {
        let result = unsafe waitpid(pid, &status, WNOHANG)
        if result == pid { break }
        if result < 0 { throw Errno(rawValue: errno) }
        if ContinuousClock.now > deadline {
          // Its process group is its own, and only that ends.
          _ = Glibc.kill(-pid, SIGKILL)
          _ = unsafe waitpid(pid, &status, 0)
          throw Failure(
            description: "\(command.arguments) did not end within \(command.limit); it said: "
              + String(decoding: (try? Files.read(errors)) ?? [], as: UTF8.self))
        }
        usleep(pause)
        pause = min(pause * 2, 20_000)
      }
      let signal = status & 0x7f
      return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
  }

  /// Starts it in a process group of its own.
  public func start() throws -> Running {
    let scratch = try Files.makeTemporaryDirectory()
    let output = scratch.appending("output")
    let errors = scratch.appending("errors")
    try Files.write([], to: output)
    try Files.write([], to: errors)

    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, input.string, O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 1, output.string, O_WRONLY | O_APPEND, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, 2, errors.string, O_WRONLY | O_APPEND, 0)
    // Nothing that the test program has open goes along; what is not open is no error.
    for descriptor in Int32(3)..<256 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }
    // swift test may have blocked or ignored signals; the command gets the defaults.
    var none = sigset_t()
    var all = sigset_t()
    unsafe sigemptyset(&none)
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    unsafe posix_spawnattr_setpgroup(&attributes, 0)

    var pid: pid_t = 0
    let variables = environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    // env enters the directory, and is then replaced by the program.
    let wrapped = ["/usr/bin/env", "--chdir", directory.string] + arguments
    let error = unsafe withCStrings(wrapped) { argv in
      unsafe withCStrings(variables) { envp in
        unsafe posix_spawn(&pid, wrapped[0], &actions, &attributes, argv, envp)
      }
    }
    guard error == 0 else {
      throw Failure(description: "\(arguments[0]) cannot be started: \(ErrorNames.name(error))")
    }
    return Running(
      pid: pid, command: self, output: output, errors: errors, scratch: scratch,
      deadline: ContinuousClock.now + limit)
  }
}

private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) throws -> Result
) rethrows -> Result {
  let copies = unsafe strings.map { unsafe strdup($0) }
  defer { unsafe copies.forEach { unsafe free($0) } }
  return try unsafe body(copies + [nil])
}

extension Files {
  /// Removes a directory and everything in it.
  public static func remove(_ path: FilePath) throws {
    try withExtendedLifetime(path) {
      var pid: pid_t = 0
      let arguments = ["/bin/rm", "-rf", "--", path.string]
      let error = unsafe withCStrings(arguments) { unsafe posix_spawn(&pid, arguments[0], nil, nil, $0, nil) }
      guard error == 0 else { throw Errno(rawValue: error) }
      var status: Int32 = 0
      _ = unsafe waitpid(pid, &status, 0)
      if status != 0 { throw Command.Failure(description: "\(path) cannot be removed") }
    }
  }
}
