// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension EventWriter {
  mutating func body(_ read: EnvironmentRead) {
    if let name = read.name {
      json.field("name", name)
      json.field("set", read.isSet)
      if let value = read.value { json.field("value", value) }
      if let fallback = read.fallback { json.field("default", fallback) }
      json.fact("redacted", "", read.isRedacted)
      json.fact("truncated", "", read.isTruncated)
    }
    json.field("source", read.source.rawValue)
    json.field("count", read.count)
  }

  mutating func body(_ interpreter: Interpreter) {
    language(interpreter.language, interpreter.version)
    json.field("method", interpreter.method.rawValue)
    json.field("calls", interpreter.hasCalls)
    json.field("environment", interpreter.hasEnvironment)
    if let reason = interpreter.reason { json.field("reason", reason) }
    json.field("lost_functions", interpreter.lostFunctions)
    json.field("lost_calls", interpreter.lostCalls)
    json.field("lost_reads", interpreter.lostReads)
  }

  mutating func body(_ function: FunctionProfile) {
    language(function.language, function.version)
    json.field("file", function.file)
    json.field("line", function.line)
    json.field("name", function.name)
    if let name = function.qualifiedName { json.field("qualname", name) }
    json.field("calls", function.calls)
    json.field("resumes", function.resumes)
    if function.hasTimes {
      json.field("total_ns", function.total)
      json.field("self_ns", function.own)
      if let shortest = function.shortest { json.field("min_ns", shortest) }
      if let longest = function.longest { json.field("max_ns", longest) }
    }
    if let unfinished = function.unfinished { json.field("unfinished", unfinished) }
    if let exceptions = function.exceptions { json.field("exceptions", exceptions) }
  }

  private mutating func language(_ language: String, _ version: String?) {
    json.field("language", language)
    if let version { json.field("version", version) } else { json.null("version") }
  }
}
