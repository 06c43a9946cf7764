// SPDX-License-Identifier: Apache-2.0
internal import SystemPackage
internal import TestSupport
internal import Testing

/// The environment inside each Python of this machine: what the agent tells, and that programs see nothing of it.
@Suite(.enabled(if: Requirement.kernel, Comment(rawValue: Requirement.sentence)), .serialized)
struct AgentEnvironmentTests {
  @Test(arguments: AgentTests.pythons) func everyWayOfLookingIsTold(_ python: String) throws {
    try check("agent_environment.py", python)
  }

  @Test(arguments: AgentTests.pythons) func programsBehaveAsTheyWouldAlone(_ python: String) throws {
    try check("agent_behaviour.py", python)
  }

  func check(_ program: String, _ python: String) throws {
    try AgentTests.withAgent { agent in
      let outcome = try Command(
        ["/usr/bin/python3", "-B", AgentTests.program(program), agent.string, python, "-B"], in: "/"
      ).run()
      #expect(outcome.status == 0, "\(outcome.outputText)\(outcome.errorText)")
    }
  }
}
