// SPDX-License-Identifier: Apache-2.0
internal import ELF
internal import SystemPackage
internal import TestSupport
internal import Testing

@testable internal import Probes

/// The agent's static probes, which docs/probes.md describes: what the notes say, and what another tracer hears by them.
@Suite struct AgentProbeTests {
  @Test func eachIsANopOfOneByteWithASemaphore() throws {
    let bytes = EmbeddedObject.agent.bytes
    let probes = try ELFFile(bytes).probes()
    #expect(probes.map(\.name) == ["function__entry", "function__return", "env__read"])
    for probe in probes {
      let site = try #require(probe.offset), semaphore = try #require(probe.semaphoreOffset)
      #expect(probe.provider == "python" && probe.arguments == "8@%rdi 8@%rsi -4@%edx")
      #expect(bytes[Int(site)] == 0x90, "\(probe.name)")
      // Nobody listens when it is loaded.
      #expect(bytes[Int(semaphore)..<Int(semaphore) + 2].elementsEqual([0, 0]), "\(probe.name)")
    }
    #expect(
      Set(probes.compactMap(\.offset)).count == 3 && Set(probes.compactMap(\.semaphoreOffset)).count == 3)
  }

  /// The same by binutils.
  @Test func binutilsSeeThem() throws {
    let readelf = try Requirement.tool("readelf", package: "binutils")
    let objdump = try Requirement.tool("objdump", package: "binutils")
    try AgentTests.withAgent { agent in
      let notes = try Command([readelf, "-Wn", agent.string], in: "/").succeed().outputText
      #expect(notes.components("Provider: python") == 3 && notes.components("stapsdt") == 4, "\(notes)")
      #expect(notes.components("Arguments: 8@%rdi 8@%rsi -4@%edx\n") == 3, "\(notes)")
      #expect(!notes.contains("Semaphore: 0x0000000000000000"), "\(notes)")
      let code = try Command([objdump, "-d", "--no-show-raw-insn", agent.string], in: "/").succeed()
        .outputText
      let lines = code.split(separator: "\n")
      for line in notes.split(separator: "\n") {
        guard
          let words = line.split(separator: " ").firstIndex(of: "Location:").map({ _ in
            line.split(separator: " ")
          })
        else { continue }
        let address = words[1].dropFirst(2).drop { $0 == "0" }.prefix { $0 != "," }
        let instruction = lines.first { $0.drop { $0 == " " }.hasPrefix("\(address):") }
        #expect(
          instruction?.hasSuffix("\tnop") == true, "\(address): \(instruction ?? "none")")
      }
    }
  }

  @Test(
    .enabled(if: Requirement.kernel, Comment(rawValue: Requirement.sentence)), arguments: AgentTests.pythons)
  func anotherTracerHearsWhatIsCalledAndRead(_ python: String) throws {
    _ = try Requirement.tool("readelf", package: "binutils")
    try AgentTests.check("agent_probes.py", python, "-B")
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
