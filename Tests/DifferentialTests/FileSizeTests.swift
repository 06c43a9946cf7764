// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// `ulimit -f`: the command's own limit, and what becomes of Honeyguide's outputs.
  @Suite(.serialized) struct FileSizes {
    /// Some hundred kilobytes of events.
    static let talkative = "for name in $(seq 400); do test -e /missing/$name; done"

    private func run(_ laboratory: Laboratory, _ limit: String, _ words: [String], _ script: String) throws
      -> Command.Outcome
    {
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      return try Command(
        ["/bin/bash", "-c", "\(limit); exec \"$@\"", "bash", honeyguide, "run"] + words + [
          "/bin/bash", "-c", script,
        ],
        in: laboratory.work
      ).run()
    }

    private func events(_ laboratory: Laboratory) throws -> [JSON] {
      try Files.read(laboratory.work.appending("story")).split(separator: UInt8(ascii: "\n")).map {
        try JSON($0)
      }
    }

    @Test func aLimitThatMayBeRaisedIsTheCommandsAlone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let ends = "ulimit -S -f; ulimit -H -f; exec dd if=/dev/zero of=large bs=1k count=100"
      let outcome = try run(
        laboratory, "ulimit -c 0; ulimit -S -f 8", ["--quiet", "--json", "story"],
        "\(Self.talkative); \(ends)")
      // SIGXFSZ, with which it would have ended alone.
      #expect(outcome.status == 128 + 25)
      #expect(outcome.outputText == "8\nunlimited\n")
      #expect(try Files.read(laboratory.work.appending("large")).count == 8192)
      #expect(try Files.read(laboratory.work.appending("story")).count > 8192)
      let events = try events(laboratory)
      #expect(events.last?["event"]?.string == "summary")
      #expect(events.count { $0["event"]?.string == "lookup" && $0["error"]?.string == "ENOENT" } >= 400)
    }

    @Test(arguments: ["--quiet", "--full"])
    func anOutputThatReachesALimitIsToldInASentenceAndTheCommandGoesOn(option: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let outcome = try run(
        laboratory, "ulimit -f 70", [option, "--json", "story"],
        "\(Self.talkative); echo went on; exit 3")
      guard try Files.read(laboratory.work.appending("story")).count == 70 << 10 else {
        // Whoever may raise a hard limit has written all of it.
        #expect(try events(laboratory).last?["event"]?.string == "summary")
        return
      }
      #expect(outcome.status == 3 && outcome.outputText == "went on\n")
      let said = outcome.errorText.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(said.contains("\"story\" could not be written to its end: the largest allowed size is reached"))
      #expect(said.contains("see ulimit -f"))
    }
  }
}
