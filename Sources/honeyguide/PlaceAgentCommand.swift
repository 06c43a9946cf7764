// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Probes

/// Puts the agent's library where an installation keeps it. For scripts/install: without it the first run as root puts it
/// below /var/lib/honeyguide.
struct PlaceAgentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "place-agent", abstract: "Put the library that Python processes load into a directory.",
    shouldDisplay: false)

  @Argument(help: "The directory: PREFIX/lib/honeyguide.")
  var directory: String

  func run() throws {
    print(try AgentLibrary.install(below: directory))
  }
}
