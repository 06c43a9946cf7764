// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct Sockets {
    @Test func everyOutcomeOfAConnectIsToldAsTheProgramLearntIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let network = try NetworkNamespace()
      defer { network.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("connects")], through: try network.wrapper(),
        least: [.connect: 30])
    }

    /// By 32 bits send is a call of its own.
    @Test(arguments: [false, true]) func everyCallOnEveryKindOfSocketIsToldAsStraceTellsIt(is32Bit: Bool)
      throws
    {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let network = try NetworkNamespace()
      defer { network.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("sockets", is32Bit: is32Bit)], through: try network.wrapper(),
        least: [.connect: 19, .accept: 6, .listen: 7, .bind: 16, .send: 21])
    }
  }
}
