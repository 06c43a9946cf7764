// SPDX-License-Identifier: Apache-2.0
import Inspection
import Testing

@testable import Probes

/// The words of this test's own process, by two witnesses.
@Suite struct RawArgumentTests {
  @Test func `The kernel tells the same words as the runtime`() {
    #expect(!RawArguments.fromKernel.isEmpty)
    #expect(RawArguments.fromKernel.map(\.text) == CommandLine.arguments)
  }
}
