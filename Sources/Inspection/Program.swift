// SPDX-License-Identifier: Apache-2.0

/// A program at work: one exec, together with the processes it forked that went on without an exec of theirs.
/// Files, look-ups and connections belong to it, so that an interpreter's workers are one reader of one file.
public struct Program: Sendable {
  public struct ID: Hashable, Sendable {
    var index: UInt32
  }
  /// What a person calls it: "git", "ansible-galaxy" (a script, not its interpreter), "python3 -m venv".
  public internal(set) var name: ByteString
  /// The first process of it.
  public internal(set) var process: ProcessID
  /// When it began, in nanoseconds since boot.
  public internal(set) var time: UInt64
  /// Its working directory when it began.
  public internal(set) var cwd: ByteString
  /// How many execs this stands for: more than one only past `Limits.programs`.
  public internal(set) var runs = 1
  /// Nothing but a thread's name is known of it so far.
  public internal(set) var isProvisional = false
  /// The program it turned out to be, when the fork that explains it arrived late.
  var alias: ID?
}

/// Every program of a run; past `Limits.programs` one for each name.
public struct ProgramTable: Sendable {
  private var programs: [Program] = []
  private var shared: [ByteString: Program.ID] = [:]
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  public subscript(id: Program.ID) -> Program { programs[Int(resolve(id).index)] }
  public var count: Int { programs.count }
  var memory: Int { programs.capacity * MemoryLayout<Program>.stride + programs.count * 160 }

  /// The program that `id` turned out to be.
  public func resolve(_ id: Program.ID) -> Program.ID {
    var id = id
    // Whatever gets an alias has none yet, and is not what the alias leads to: there is no circle.
    while let next = programs[Int(id.index)].alias { id = next }
    return id
  }

  mutating func add(_ program: Program) -> Program.ID {
    if programs.count < limit { return append(program) }
    var program = program
    // A name of its own for each of twice the limit, then all the rest together.
    if shared[program.name] == nil, programs.count >= 2 * limit { program.name = "other programs" }
    if let id = shared[program.name] {
      programs[Int(id.index)].runs += 1
      return id
    }
    program.isProvisional = false
    let id = append(program)
    shared[program.name] = id
    return id
  }

  /// The fork that explains a provisional program came: what it did belongs to `origin`.
  mutating func alias(_ id: Program.ID, to origin: Program.ID) {
    // One that has an origin keeps it: another could lead back to here.
    guard programs[Int(id.index)].isProvisional, programs[Int(id.index)].alias == nil, resolve(origin) != id
    else { return }
    programs[Int(id.index)].alias = origin
  }

  private mutating func append(_ program: Program) -> Program.ID {
    programs.append(program)
    return Program.ID(index: UInt32(programs.count - 1))
  }
}

extension Program {
  /// The name for what an exec began.
  static func name(of exec: Exec) -> ByteString {
    if let script = exec.script { return script.basename }
    let isDescriptor =
      exec.filename.bytes.starts(with: "/dev/fd/".utf8) || exec.filename.bytes.starts(with: "/proc/".utf8)
    let called = (isDescriptor || exec.filename.isEmpty ? exec.exe : exec.filename).basename
    guard isInterpreter(called), exec.argv.count > 1 else { return called }
    // Of `python3 tool.py` the tool is what a person looks for; of `sh -c …` it is the shell.
    let first = exec.argv[1]
    if first == "-m", exec.argv.count > 2 {
      return ByteString(called.bytes + Array(" -m ".utf8) + exec.argv[2].bytes)
    }
    return first.bytes.first == UInt8(ascii: "-") || first.isEmpty ? called : first.basename
  }

  private static func isInterpreter(_ name: ByteString) -> Bool {
    let plain = name.bytes.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return ["python", "perl", "ruby", "node", "sh", "bash", "dash", "zsh"].contains(
      String(decoding: plain, as: UTF8.self))
  }
}
