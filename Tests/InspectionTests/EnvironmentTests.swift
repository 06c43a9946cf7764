// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

@Suite struct EnvironmentTests {
  private static func environment(_ entries: String..., isCut: Bool = false) -> Environment {
    Environment(Array(entries.map { $0 + "\0" }.joined().utf8), isCut: isCut)
  }

  private static func variables(_ pairs: [(ByteString, ByteString)]) -> [Environment.Variable] {
    pairs.map { Environment.Variable(name: $0.0, value: $0.1) }
  }

  @Test func whatIsNewOtherOrGoneIsTheDifference() {
    let difference = EnvironmentDifference(
      from: Self.environment("A=1", "B=2", "C=3"), to: Self.environment("B=2", "C=4", "D=", "E=x=y"))
    #expect(difference.added == Self.variables([("D", ""), ("E", "x=y")]))
    #expect(difference.changed == Self.variables([("C", "4")]))
    #expect(difference.removed == ["A"])
    #expect(!difference.isWhole && !difference.isTruncated && !difference.isUnreadable)
  }

  @Test func withNothingToCompareWithAllIsTold() {
    let difference = EnvironmentDifference(from: nil, to: Self.environment("A=1"))
    #expect(difference.isWhole && difference.added == Self.variables([("A", "1")]))
  }

  @Test func whatMayHaveBeenCutIsNotTakenForRemoved() {
    let difference = EnvironmentDifference(
      from: Self.environment("A=1", "B=2"), to: Self.environment("A=1", isCut: true))
    #expect(difference.removed.isEmpty && difference.isTruncated)
  }

  @Test func ofTwoWithOneNameTheFirstCountsAndWhatIsNoVariableIsLeftOut() {
    #expect(Self.environment("A=1", "A=2", "none").variables == Self.variables([("A", "1")]))
  }

  @Test func theAgentInLDPRELOADIsNotTheProgramsOwn() {
    let agent = "/usr/lib/honeyguide/0a/s/3/$LIB/agent.so"
    #expect(Self.environment("LD_PRELOAD=\(agent)").variables.isEmpty)
    #expect(
      Self.environment("LD_PRELOAD=/a.so:\(agent) /b.so").variables
        == Self.variables([("LD_PRELOAD", "/a.so:/b.so")]))
    #expect(
      Self.environment("LD_PRELOAD=/a.so /b.so").variables == Self.variables([("LD_PRELOAD", "/a.so /b.so")]))
  }
}
