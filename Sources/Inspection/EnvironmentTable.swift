// SPDX-License-Identifier: Apache-2.0

/// A variable of the environment that was looked up, with every answer that there was.
public struct Variable: Sendable {
  public internal(set) var name: ByteString
  /// The first look-up that is known of, in nanoseconds since boot.
  public internal(set) var first: UInt64
  /// In the order in which they became known.
  public internal(set) var answers: [Answer] = []
  /// Look-ups whose answers are not kept: there were too many different ones.
  public internal(set) var omitted: UInt64 = 0

  /// What programs of one name found, each time.
  public struct Answer: Hashable, Sendable {
    public internal(set) var program: Program.ID
    public internal(set) var source: EnvironmentRead.Source
    public internal(set) var isSet: Bool
    /// Nil where it is not set, or not known.
    public internal(set) var value: ByteString?
    public internal(set) var fallback: ByteString?
    public internal(set) var isTruncated: Bool
    /// Look-ups, and processes that made them.
    public internal(set) var count: UInt64 = 0
    public internal(set) var processes = 0
    var last: ProcessID?

    func isLike(_ other: Answer) -> Bool {
      program == other.program && source == other.source && isSet == other.isSet && value == other.value
        && fallback == other.fallback
    }

    mutating func add(_ lookups: UInt64, by process: ProcessID) {
      count = count.clampedSum(lookups)
      // What one process does is told together.
      if last != process { processes += 1 }
      last = process
    }
  }

  public var isSet: Bool { answers.contains(where: \.isSet) }
}

/// What the programs of a run looked up in their environments.
public struct EnvironmentTable: Sendable {
  public private(set) var variables: [Variable] = []
  /// Programs that read all of the environment at once: their answers have neither name nor value.
  public private(set) var whole: [Variable.Answer] = []
  /// Look-ups of variables that are not kept: there were too many.
  public private(set) var others: UInt64 = 0

  private var positions: [ByteString: Int] = [:]
  /// Of programs with one name the first: a hundred runs of git are one program here.
  private var namesakes: [ByteString: Program.ID] = [:]
  private var bytes = 0
  private let limits: Limits

  init(_ limits: Limits) { self.limits = limits }

  var memory: Int {
    bytes + variables.capacity * MemoryLayout<Variable>.stride + positions.capacity * 32
      + namesakes.capacity * 32
  }

  mutating func add(
    _ read: EnvironmentRead, process: ProcessID, program: Program.ID, _ programs: ProgramTable,
    at time: UInt64
  ) {
    var answer = Variable.Answer(
      program: namesake(of: program, programs), source: read.source, isSet: read.isSet, value: read.value,
      fallback: read.fallback, isTruncated: read.isTruncated)
    guard let name = read.name else {
      if let known = whole.firstIndex(where: { $0.isLike(answer) }) {
        whole[known].add(read.count, by: process)
      } else if whole.count < limits.programs {
        answer.add(read.count, by: process)
        whole.append(answer)
      }
      return
    }
    guard let position = positions[name] ?? append(name, at: time) else {
      others = others.clampedSum(read.count)
      return
    }
    variables[position].first = min(variables[position].first, time)
    if let known = variables[position].answers.firstIndex(where: { $0.isLike(answer) }) {
      variables[position].answers[known].add(read.count, by: process)
      return
    }
    let size =
      MemoryLayout<Variable.Answer>.stride + (read.value.map { $0.count + 32 } ?? 0)
      + (read.fallback.map { $0.count + 32 } ?? 0)
    guard variables[position].answers.count < limits.answersOfVariable,
      bytes + size <= limits.environmentBytes
    else {
      variables[position].omitted = variables[position].omitted.clampedSum(read.count)
      return
    }
    bytes += size
    answer.add(read.count, by: process)
    variables[position].answers.append(answer)
  }

  private mutating func append(_ name: ByteString, at time: UInt64) -> Int? {
    guard variables.count < limits.variables, bytes + name.count <= limits.environmentBytes else {
      return nil
    }
    bytes += name.count + 32
    positions[name] = variables.count
    variables.append(Variable(name: name, first: time))
    return variables.count - 1
  }

  private mutating func namesake(of program: Program.ID, _ programs: ProgramTable) -> Program.ID {
    let id = programs.resolve(program)
    // Who it is may turn out later.
    if programs[id].isProvisional { return id }
    let name = programs[id].name
    if let known = namesakes[name] { return known }
    namesakes[name] = id
    return id
  }
}

extension UInt64 {
  /// The sum, or the largest number there is: what a table of a hostile process says may be anything.
  public func clampedSum(_ other: UInt64) -> UInt64 {
    let (sum, isTooLarge) = addingReportingOverflow(other)
    return isTooLarge ? .max : sum
  }
}
