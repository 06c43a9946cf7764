// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Inspection
internal import Probes

/// A file that an option names, shared by whoever writes into it.
final class SharedOutput {
  private let file: OutputFile

  init(_ path: String, as user: Identity) throws(OutputError) {
    file = try OutputFile(ByteString(path), as: user)
  }

  private init(_ file: consuming OutputFile) { self.file = file }

  /// Standard error, where no option names a file.
  static func standardError() throws(OutputError) -> SharedOutput {
    SharedOutput(try OutputFile(standardErrorAs: "standard error"))
  }

  /// Throws when both are the same file.
  func expectOther(than other: SharedOutput) throws(OutputError) {
    if file.isSame(as: other.file) { throw .sameFile(file.path, other.file.path) }
  }

  func write(_ bytes: Span<UInt8>) throws(OutputError) { try unsafe file.write(bytes.bytes) }

  func expectReader() throws(OutputError) { try file.expectReader() }
}

/// A sink that fails when the reader of its output has gone, also where there is nothing to write.
final class ReadSink: EventSink {
  private let sink: any EventSink
  private let output: SharedOutput

  init(_ sink: any EventSink, readFrom output: SharedOutput) {
    self.sink = sink
    self.output = output
  }

  func start(_ session: SessionStart) throws { try sink.start(session) }
  func receive(_ event: Event) throws { try sink.receive(event) }
  func lose(_ loss: Loss, time: UInt64) throws { try sink.lose(loss, time: time) }
  func flush() throws {
    try sink.flush()
    try output.expectReader()
  }
  func finish(_ end: SessionEnd) throws { try sink.finish(end) }
}

enum StandardError {
  /// Prints one line.
  static func say(_ line: String) {
    var line = line + "\n"
    line.withUTF8 { unsafe _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

enum WorkingDirectory {
  /// The directory this process is in; empty where it has none (it was deleted).
  static var current: ByteString {
    var buffer = [CChar](repeating: 0, count: 4097)
    guard unsafe getcwd(&buffer, buffer.count) != nil else { return "" }
    return ByteString(buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
  }
}

/// What a terminal shows.
struct Terminal {
  /// Colours are wanted and understood.
  let hasColor: Bool
  /// Columns; nil where it is no terminal.
  let width: Int?

  /// Where standard error goes.
  static var standardError: Terminal { Terminal(STDERR_FILENO) }

  init(_ descriptor: Int32) {
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let hasSize = unsafe isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    width = hasSize ? Int(size.ws_col) : nil
    hasColor = isTerminal && Self.variable("NO_COLOR").isEmpty && Self.variable("TERM") != "dumb"
  }

  /// A variable of the environment; empty where it is not set.
  private static func variable(_ name: String) -> String {
    unsafe getenv(name).map { unsafe String(cString: $0) } ?? ""
  }
}
