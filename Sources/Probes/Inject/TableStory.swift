// SPDX-License-Identifier: Apache-2.0
internal import CAgentTable
internal import Inspection

/// What a table tells, in the domain's words.
struct TableStory {
  let interpreter: Interpreter
  /// With the moment of the first look-up: nanoseconds since boot.
  let reads: [(read: EnvironmentRead, first: UInt64)]
  let functions: [FunctionProfile]

  init(_ table: AgentTable, clock: TableClock, wishes: Injection.Wishes) {
    let header = table.header
    let version = Self.version(header)
    let isCounter = header.clock == HG_AGENT_TSC.rawValue
    func nanoseconds(_ ticks: UInt64) -> UInt64 { isCounter ? clock.nanoseconds(ticks) : ticks }

    let method = hg_agent_method(UInt32(header.method))
    let hasCalls = wishes.calls && method != HG_AGENT_METHOD_NONE
    let hasEnvironment = wishes.environment && UInt32(header.environment_reason) == HG_AGENT_OBSERVED.rawValue
    let reasons = [
      wishes.calls ? Self.reason(header.calls_reason) : nil,
      wishes.environment ? Self.reason(header.environment_reason) : nil,
    ].compactMap { $0 }
    var interpreter = Interpreter(
      version: version, method: Self.method(method), hasCalls: hasCalls, hasEnvironment: hasEnvironment,
      reason: reasons.first)
    interpreter.lostFunctions = header.lost_functions
    interpreter.lostCalls = header.lost_calls
    interpreter.lostReads = header.lost_reads
    self.interpreter = interpreter

    reads = table.reads.map { read in
      let flags = read.counts.flags
      let isAll = flags & HG_AGENT_READ_ALL.rawValue != 0
      let isSet = flags & HG_AGENT_READ_SET.rawValue != 0
      var event = EnvironmentRead(
        source: .python, name: isAll ? nil : read.name ?? "", isSet: isSet, value: isSet ? read.value : nil,
        fallback: flags & HG_AGENT_READ_DEFAULT.rawValue != 0 ? read.fallback : nil, count: read.counts.count)
      event.isTruncated = read.isTruncated
      return (event, read.counts.first)
    }
    functions = table.functions.map { function in
      let counts = function.counts
      let begun = counts.calls.addingReportingOverflow(counts.resumes)
      let all = begun.overflow ? .max : begun.partialValue
      let hasEnded = counts.ends > 0
      return FunctionProfile(
        version: version, file: function.file, line: counts.line, name: function.name,
        qualifiedName: function.qualifiedName, calls: counts.calls, resumes: counts.resumes,
        total: nanoseconds(counts.total), own: nanoseconds(counts.`self`),
        shortest: hasEnded ? nanoseconds(counts.shortest) : nil,
        longest: hasEnded ? nanoseconds(counts.longest) : nil, unfinished: all - min(all, counts.ends),
        exceptions: counts.exceptions)
    }
  }

  /// Letters, digits, dots and the like alone: it comes from a file that anybody can write.
  private static func version(_ header: hg_agent_header) -> String? {
    let bytes = unsafe withUnsafeBytes(of: header.version_text) { unsafe Array($0.prefix { $0 != 0 }) }
    let isPlain = bytes.allSatisfy { (0x21...0x7e).contains($0) }
    return bytes.isEmpty || !isPlain ? nil : String(decoding: bytes, as: UTF8.self)
  }

  private static func method(_ method: hg_agent_method) -> Interpreter.Method {
    switch method {
    case HG_AGENT_METHOD_PROFILE: .setprofile
    case HG_AGENT_METHOD_FRAME: .frame
    case HG_AGENT_METHOD_MONITORING: .monitoring
    default: .none
    }
  }

  /// The end of the sentence "… was not observed: ".
  private static func reason(_ number: UInt8) -> String? {
    switch hg_agent_reason(UInt32(number)) {
    case HG_AGENT_OBSERVED: nil
    case HG_AGENT_NOT_ASKED: "the agent did not begin with it"
    case HG_AGENT_UNKNOWN_PYTHON: "the agent does not know this version of Python"
    case HG_AGENT_NO_INTERFACE: "this build of Python lacks what the agent needs"
    case HG_AGENT_TOOL_TAKEN: "other tools have taken all of sys.monitoring"
    case HG_AGENT_PROGRAM_PROFILES: "the program set a profiler of its own, and counting stopped"
    case HG_AGENT_FAILED: "the interpreter refused"
    case HG_AGENT_FREE_THREADED: "it is built to run without an interpreter lock"
    default: "the agent gave a reason that Honeyguide does not know"
    }
  }
}
