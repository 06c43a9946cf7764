// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Programs for i386 on an x86-64 kernel: other numbers, other registers, calls of their own.
  @Suite(.serialized) struct ThirtyTwoBit {
    @Test(
      arguments: [
        ("opens", [], [Observation.Kind.open: 50]), ("lookups", [], [.lookup: 25]),
        ("changes", [], [.change: 80]),
        ("execs", ["run"], [.exec: 40]), ("calls32", [], [.change: 15, .lookup: 7, .open: 4]),
        ("storm", ["4", "8", "log"], [.exec: 33, .exit: 37, .open: 60]),
      ] as [(String, [String], [Observation.Kind: Int])])
    func aProgramOfThirtyTwoBitsIsToldAsStraceTellsIt(
      _ name: String, _ arguments: [String], _ least: [Observation.Kind: Int]
    ) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program(name, is32Bit: true)] + arguments, least: least)
    }

    @Test func aProgramOfSixtyFourBitsThatCallsTheThirtyTwoBitWayIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("calls32")], least: [.change: 15, .lookup: 7, .open: 4])
    }
  }
}
