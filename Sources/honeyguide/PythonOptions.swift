// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Probes

/// What is told of the inside of Python processes.
struct PythonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to observe inside Python processes: calls and look-ups in the environment, those alone, or nothing.",
      valueName: "calls,env|env|calls|off"))
  var python: String = "calls,env"

  func validate() throws {
    if words == nil {
      throw ValidationError(
        "--python '\(python)': give calls,env or env or calls or off, as in: --python env")
    }
  }

  private var words: Set<Substring>? {
    if python == "off" { return [] }
    let words = python.split(separator: ",", omittingEmptySubsequences: false)
    return words.isEmpty || !words.allSatisfy { $0 == "calls" || $0 == "env" } ? nil : Set(words)
  }

  func options(noEnv: Bool) -> InsideOptions {
    InsideOptions(
      calls: words?.contains("calls") ?? false, environment: !noEnv && words?.contains("env") ?? false)
  }
}
