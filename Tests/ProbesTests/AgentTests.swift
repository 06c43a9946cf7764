// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import SystemPackage
internal import TestSupport
internal import Testing

@testable internal import Probes

/// The agent in the interpreters of this machine: /usr/bin/python3, those of pyenv, and HONEYGUIDE_TEST_PYTHONS.
@Suite(.enabled(if: Requirement.kernel, Comment(rawValue: Requirement.sentence)), .serialized)
struct AgentTests {
  static let pythons: [String] = {
    let script = """
      for p in /usr/bin/python3 "$(pyenv root 2>/dev/null || echo "$HOME/.pyenv")"/versions/*/bin/python \
        ${HONEYGUIDE_TEST_PYTHONS//:/ }; do [[ -x $p ]] && echo "$p"; done
      """
    var environment = Command.plainEnvironment
    environment["HOME"] = Requirement.environment("HOME")
    environment["PATH"] = Requirement.environment("PATH")
    environment["HONEYGUIDE_TEST_PYTHONS"] = Requirement.environment("HONEYGUIDE_TEST_PYTHONS")
    // The loop ends as its last test did.
    let outcome = try? Command(["/bin/bash", "-c", script + "\ntrue"], environment: environment, in: "/")
      .succeed()
    return (outcome?.outputText ?? "").split(separator: "\n").map(String.init)
  }()

  /// The agent as a file, while something is done with it.
  static func withAgent<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    var template = Array("/tmp/honeyguide.agent.XXXXXX".utf8CString)
    let descriptor = FileDescriptor(rawValue: unsafe mkstemp(&template))
    let path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    defer { _ = unsafe path.withPlatformString { unsafe unlink($0) } }
    try descriptor.closeAfter { _ = try descriptor.writeAll(EmbeddedObject.agent.bytes) }
    return try body(path)
  }

  static func program(_ name: String) -> String {
    Requirement.repository.appending("Tests/Programs/\(name)").string
  }

  /// Runs a program that tells by its status whether all is well, and if not, what.
  static func check(_ name: String, _ python: String, _ options: String...) throws {
    try withAgent { agent in
      let outcome = try Command(
        ["/usr/bin/python3", "-B", program(name), agent.string, python] + options, in: "/"
      ).run()
      #expect(outcome.status == 0, "\(outcome.outputText)\(outcome.errorText)")
    }
  }

  @Test(arguments: pythons) func countsAreThoseOfSetprofile(_ python: String) throws {
    try Self.check("agent_counts.py", python, "-B")
  }

  @Test(arguments: pythons) func timesAreThoseOfTheProgramsClock(_ python: String) throws {
    try Self.check("agent_times.py", python, "-B")
  }

  @Test(arguments: pythons) func observersInTheProgramSeeWhatTheyWould(_ python: String) throws {
    try Self.check("agent_harmless.py", python, "-B")
  }

  @Test(arguments: pythons) func programsWithLittleMemoryHaveAsMuchAsAlone(_ python: String) throws {
    try Self.check("agent_limits.py", python, "-B")
  }

  @Test(arguments: pythons) func unknownPythonsAreRefused(_ python: String) throws {
    try Self.check("agent_disguised.py", python)
  }

  @Test(arguments: pythons) func anInterpreterThatIsInitialisedAgainIsCounted(_ python: String) throws {
    _ = try Requirement.tool("cc", package: "gcc")
    try Self.check("agent_again.py", python, "-B")
  }

  @Test func itLoadsWithAnyVersionOfTheCLibrary() throws {
    let readelf = try Requirement.tool("readelf", package: "binutils")
    try Self.withAgent { agent in
      let text = try Command(
        [readelf, "-W", "--dyn-syms", "--version-info", "-d", "-n", agent.string], in: "/"
      )
      .succeed().outputText
      #expect(!text.contains("GLIBC_") && !text.contains("(NEEDED)"), "\(text)")
      for probe in ["function__entry", "function__return", "env__read"] {
        #expect(text.contains("Name: \(probe)\n"), "\(text)")
      }
    }
  }
}
