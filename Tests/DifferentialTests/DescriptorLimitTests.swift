// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

extension Differential {
  /// `ulimit -n`, lower than the number of Honeyguide's own programs and maps.
  @Suite(.serialized) struct DescriptorLimits {
    @Test func aLowLimitIsTheCommandsAndInspectionStarts() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = "ulimit -S -n 24 && exec \"$@\""
      let asks = ["/bin/bash", "-c", "ulimit -S -n; ulimit -H -n; exit 3"]
      let alone = try Command(["/bin/bash", "-c", script, "bash"] + asks, in: laboratory.work).run()
      let honeyguide = try Requirement.honeyguide()
      let inspected = try Command(
        ["/bin/bash", "-c", script, "bash", honeyguide, "run", "--quiet", "--"] + asks, in: laboratory.work
      ).run()
      #expect(alone.outputText.hasPrefix("24\n") && alone.status == 3)
      #expect(inspected == alone, "\(inspected.errorText)")
    }

    @Test func aLimitThatCannotBeRaisedIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let setpriv = try Requirement.tool("setpriv", package: "util-linux")
      let script = "ulimit -n 20 && exec \"$@\""
      let started = try Command(
        [
          "/bin/bash", "-c", script, "bash", setpriv, "--bounding-set", "-sys_resource", "--inh-caps",
          "-sys_resource", try Requirement.honeyguide(), "run", "--", "/bin/echo", "started",
        ], in: laboratory.work
      ).run()
      #expect(started.status == 77 && started.outputText == "")
      #expect(
        started.errorText.contains("it takes more open files than the limit allows, which is 20 (EMFILE)"),
        "\(started.errorText)")
    }
  }
}
