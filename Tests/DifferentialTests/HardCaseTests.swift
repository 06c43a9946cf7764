// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

extension Differential {
  /// Programs that do what is hard to follow, each with what must be told of it, written by hand: see HardCase.
  @Suite(.serialized) struct HardCases {
    @Test(arguments: HardCase.all, [false, true])
    func isToldAsItIs(_ hardCase: HardCase, injecting: Bool) throws {
      let complaints = try hardCase.complaints(injecting: injecting)
      #expect(complaints.isEmpty, "\(hardCase.claim):\n\(complaints.joined(separator: "\n"))")
    }

    @Test func theCasesAreAllThere() { #expect(HardCase.all.count >= 40) }
  }
}
