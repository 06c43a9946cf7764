// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Small programs that make each call in each of its forms, with each of its outcomes.
  @Suite(.serialized) struct SystemCalls {
    @Test func everyWayToOpenAFileIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("opens")], least: [.open: 60, .change: 90])
    }

    @Test func everyWayToAskAboutANameIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("lookups")], least: [.lookup: 25])
    }

    @Test func everyWayToChangeANameOrAFileIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("changes")], least: [.change: 80])
    }

    @Test func everyWayToExecuteAProgramIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("execs"), "run"], least: [.exec: 70, .exit: 60])
    }
  }
}
