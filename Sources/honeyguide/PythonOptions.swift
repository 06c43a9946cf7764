// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Inspection
internal import Probes

/// What is told of the inside of Python processes.
struct PythonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to observe inside Python processes: calls and look-ups in the environment, those alone, or nothing; unless given calls,env. With --no-inject, and in attach, only what is given here, and of it only calls, by probes at the interpreters (CPython up to 3.10, and 3.11 with probes of its own); each call then takes 1 to 2 us more in every process of the machine that runs the same Python.",
      valueName: "calls,env|env|calls|off"))
  var python: String?

  func validate() throws {
    if words == nil {
      throw ValidationError(
        "--python '\(text)': give calls,env or env or calls or off, as in: --python env")
    }
  }

  /// What was said, as far as it can be understood; nil: nothing.
  var asked: Set<Substring>? { python == nil ? nil : words }

  private var text: String { python ?? "calls,env" }

  private var words: Set<Substring>? {
    if text == "off" { return [] }
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    return words.isEmpty || !words.allSatisfy { $0 == "calls" || $0 == "env" } ? nil : Set(words)
  }

  /// What is asked for, by default of the agent, as far as it would be told.
  func options(noEnv: Bool, filter: Filter) -> InsideOptions {
    InsideOptions(
      calls: filter.has(.python) && words?.contains("calls") ?? false,
      environment: !noEnv && filter.has(.env) && words?.contains("env") ?? false)
  }
}
