// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct Connections {
    @Test func everyOutcomeOfAConnectIsToldAsTheProgramLearntIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let network = try NetworkNamespace()
      defer { network.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("connects")], through: try network.wrapper(),
        least: [.connect: 30])
    }
  }
}
