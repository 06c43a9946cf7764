// SPDX-License-Identifier: Apache-2.0

/// What was done in one function, by one process or by several. Times in nanoseconds.
public struct Profile: Hashable, Sendable {
  public internal(set) var calls: UInt64 = 0
  public internal(set) var resumes: UInt64 = 0
  public internal(set) var total: UInt64 = 0
  public internal(set) var own: UInt64 = 0
  /// Nil where nothing has ended, or times are not known.
  public internal(set) var shortest: UInt64?
  public internal(set) var longest: UInt64?
  public internal(set) var unfinished: UInt64 = 0
  public internal(set) var exceptions: UInt64 = 0
  /// False: calls alone were counted.
  public internal(set) var hasTimes = false

  public init() {}

  init(_ function: FunctionProfile) {
    calls = function.calls
    resumes = function.resumes
    total = function.total
    own = function.own
    shortest = function.shortest
    longest = function.longest
    unfinished = function.unfinished ?? 0
    exceptions = function.exceptions ?? 0
    hasTimes = function.hasTimes
  }

  public mutating func add(_ other: Profile) {
    calls = calls.clampedSum(other.calls)
    resumes = resumes.clampedSum(other.resumes)
    total = total.clampedSum(other.total)
    own = own.clampedSum(other.own)
    unfinished = unfinished.clampedSum(other.unfinished)
    exceptions = exceptions.clampedSum(other.exceptions)
    shortest = [shortest, other.shortest].compactMap(\.self).min()
    longest = [longest, other.longest].compactMap(\.self).max()
    hasTimes = hasTimes || other.hasTimes
  }

  /// Of each begin and each resume; nil where there was none, or times are not known.
  public var mean: UInt64? {
    let runs = calls.clampedSum(resumes)
    return hasTimes && runs > 0 ? total / runs : nil
  }

  /// What functions are put in order by.
  public enum Measure: String, Hashable, Sendable, CaseIterable { case total, own = "self", calls }

  public subscript(measure: Measure) -> UInt64 {
    switch measure {
    case .total: total
    case .own: own
    case .calls: calls
    }
  }
}

/// What the functions of interpreted languages cost, in each process and in all, and which interpreters there were.
public struct ProfileTable: Sendable {
  public struct Function: Hashable, Sendable {
    public internal(set) var file: ByteString
    public internal(set) var line: UInt32
    public internal(set) var name: ByteString
    public internal(set) var qualifiedName: ByteString?
  }

  /// One program of a process that was observed inside.
  public struct Observed: Sendable {
    public internal(set) var process: ProcessID
    public internal(set) var program: Program.ID
    public internal(set) var version: String?
    /// Rows of functions; there may be several of one.
    var rows: [Row] = []
    /// All that it did, and in how many functions.
    public internal(set) var sum = Profile()
    public internal(set) var functions = 0

    /// What it did, by the position of the function. Of a process with very many those that took the most.
    public var profiles: [Int: Profile] {
      rows.reduce(into: [:]) { $0[Int($1.function), default: Profile()].add($1.profile) }
    }
  }
  struct Row: Sendable {
    var function: UInt32
    var profile: Profile
  }

  /// Interpreters that were alike.
  public struct Kind: Hashable, Sendable {
    public var version: String?
    public var method: Interpreter.Method
    public var hasCalls: Bool
    public var hasEnvironment: Bool
    public var reason: String?
  }
  public struct Interpreters: Sendable {
    public internal(set) var count = 0
    /// The first programs, each name once.
    public internal(set) var programs: [Program.ID] = []
  }

  /// Each function once, and beside it what all processes did in it.
  public private(set) var functions: [Function] = []
  public private(set) var sums: [Profile] = []
  /// Functions that are not kept, each once for a process, and what was done in them.
  public private(set) var others = (count: 0, sum: Profile())
  /// The first ones; of all together `sums` tells.
  public private(set) var processes: [Observed] = []
  public private(set) var kinds: [Kind: Interpreters] = [:]
  /// What had no room within the processes.
  public private(set) var lostFunctions: UInt64 = 0
  public private(set) var lostCalls: UInt64 = 0
  public private(set) var lostReads: UInt64 = 0

  private var positions: [Function: Int] = [:]
  private var files: [ByteString: ByteString] = [:]
  private var places: [ProcessKey: Int] = [:]
  private var bytes = 0
  private var rows = 0
  private let limits: Limits
  private static let mostKinds = 64
  private static let mostExamples = 4

  private struct ProcessKey: Hashable {
    var process: ProcessID
    var program: Program.ID
  }

  init(_ limits: Limits) { self.limits = limits }

  public var interpreters: Int { kinds.values.reduce(0) { $0 + $1.count } }

  /// All that was done in functions.
  public var sum: Profile { sums.reduce(into: others.sum) { $0.add($1) } }

  var memory: Int {
    bytes + functions.capacity * (MemoryLayout<Function>.stride + MemoryLayout<Profile>.stride)
      + positions.capacity * (MemoryLayout<Function>.stride + 16) + rows * MemoryLayout<Row>.stride * 2
      + processes.capacity * MemoryLayout<Observed>.stride + places.capacity * 48
  }

  // MARK: Events

  mutating func add(
    _ interpreter: Interpreter, process: ProcessID, program: Program.ID, _ programs: ProgramTable
  ) {
    var kind = Kind(
      version: interpreter.version, method: interpreter.method, hasCalls: interpreter.hasCalls,
      hasEnvironment: interpreter.hasEnvironment, reason: interpreter.reason)
    if kinds[kind] == nil, kinds.count >= Self.mostKinds {
      kind.version = nil
      if kind.reason != nil { kind.reason = "for various reasons" }
    }
    var alike = kinds[kind] ?? Interpreters()
    alike.count += 1
    let name = programs[program].name
    if alike.programs.count < Self.mostExamples,
      !alike.programs.contains(where: { programs[$0].name == name })
    {
      alike.programs.append(program)
    }
    kinds[kind] = alike
    lostFunctions = lostFunctions.clampedSum(interpreter.lostFunctions)
    lostCalls = lostCalls.clampedSum(interpreter.lostCalls)
    lostReads = lostReads.clampedSum(interpreter.lostReads)
  }

  mutating func add(_ function: FunctionProfile, process: ProcessID, program: Program.ID) {
    let profile = Profile(function)
    let place = place(of: process, program)
    if let place {
      processes[place].version = function.version ?? processes[place].version
      processes[place].sum.add(profile)
      processes[place].functions += 1
    }
    guard let position = position(of: function) else {
      others.count += 1
      others.sum.add(profile)
      return
    }
    sums[position].add(profile)
    guard let place else { return }
    processes[place].rows.append(Row(function: UInt32(position), profile: profile))
    rows += 1
    if rows > limits.functionsOfProcesses { fold() }
  }

  private mutating func position(of function: FunctionProfile) -> Int? {
    var key = Function(
      file: function.file, line: function.line, name: function.name, qualifiedName: function.qualifiedName)
    if let known = positions[key] { return known }
    guard functions.count < limits.functions, bytes < limits.functionBytes else { return nil }
    // Each file's name is kept once.
    if let file = files[key.file] {
      key.file = file
    } else {
      files[key.file] = key.file
      bytes += key.file.count + 96
    }
    bytes += key.name.count + 32 + (key.qualifiedName.map { $0.count + 32 } ?? 0)
    positions[key] = functions.count
    functions.append(key)
    sums.append(Profile())
    return functions.count - 1
  }

  /// Nil where there is no room for one more process.
  private mutating func place(of process: ProcessID, _ program: Program.ID) -> Int? {
    let key = ProcessKey(process: process, program: program)
    if let known = places[key] { return known }
    guard processes.count < limits.profiledProcesses else { return nil }
    places[key] = processes.count
    processes.append(Observed(process: process, program: program))
    return processes.count - 1
  }

  /// Leaves each process the functions that took the most, by each measure; fewer, where the processes are many.
  private mutating func fold() {
    let most = max(
      1, limits.functionsOfProcesses / max(1, processes.count) / (2 * Profile.Measure.allCases.count))
    rows = 0
    for index in processes.indices {
      let all = processes[index].profiles.map { Row(function: UInt32($0), profile: $1) }
      var kept: Set<UInt32> = []
      for measure in Profile.Measure.allCases {
        kept.formUnion(all.sorted { $0.profile[measure] > $1.profile[measure] }.prefix(most).map(\.function))
      }
      processes[index].rows = all.filter { kept.contains($0.function) }
      rows += processes[index].rows.count
    }
  }
}
