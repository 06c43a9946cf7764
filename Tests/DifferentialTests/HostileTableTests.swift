// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// A program that writes what it likes where the agents leave their tables.
  @Suite struct HostileTables {
    static let reasons: Set = [
      "table-not-regular", "table-linked", "table-wrong-owner", "table-malformed", "table-too-large",
      "table-unmatched",
    ]

    @Test func othersDoNotFindTheDirectoryThatProgramsLeaveTablesIn() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let other = "setpriv --reuid 65534 --regid 65534 --clear-groups --reset-env"
      let script = "\(other) ls /run/honeyguide; /usr/bin/python3 -c 'len([])'"
      let (outcome, story) = try laboratory.inspect(
        Command(["/bin/sh", "-c", script], in: laboratory.work), injecting: true)
      #expect(outcome.outputText == "" && outcome.errorText.contains("Permission denied"))
      // Those who are told where it is find it.
      #expect(story.lines.contains { $0.event == "function" })
    }

    @Test(arguments: [0, 10_000])
    func nothingOfWhatItLeavesCountsButAsLost(others: Int) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/hostile_tables.py").string
      let command = Command(["/usr/bin/python3", "-S", script, "\(others)"], in: laboratory.work)
      try laboratory.clean()
      let alone = try command.run()
      #expect(alone.status == 0, "\(alone.errorText)")
      try laboratory.clean()
      let page = laboratory.root.appending("page").string
      let start = ContinuousClock.now
      let (inspected, story) = try laboratory.inspect(
        command, options: ["--page", page], mayLose: Self.reasons, injecting: true)
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(inspected == alone)

      // A pipe, a link, a directory and a socket; a file with two names, and noise under the second once the first is
      // gone; noise, and noise in place of its own; and what is nobody's: those with other numbers, the name that is no text,
      // and the directory, which is not removed as a file would be.
      var counts: [String: Int128] = [:]
      for reason in Self.reasons { counts[reason] = story.summary["lost_by_reason"]?[reason]?.integer ?? 0 }
      #expect(
        counts == [
          "table-not-regular": 4, "table-linked": 1, "table-wrong-owner": 1, "table-malformed": 3,
          "table-too-large": 1, "table-unmatched": Int128(others) + 2,
        ])
      let tables = counts.values.reduce(0, +)

      // All else is told: the fork's calls, and those of the program that it started.
      let functions = story.lines.filter { $0.event == "function" }
      func calls(_ name: String) -> [Int128] {
        functions.filter { $0.bytes("name")?.description == name }.compactMap { $0.integer("calls") }
      }
      #expect(calls("step") == [500] && calls("ours") == [2])
      let reasons = story.lines.filter { $0.event == "interpreter" }.map { $0.json["reason"]?.string }
      #expect(reasons.count == 3 && reasons.count { $0 == "its table could not be read" } == 1, "\(reasons)")

      let text = try Files.text(FilePath(page))
      let words = text.replacing(#/\s+/#, with: " ")
      let number = tables >= 10_000 ? "10 0\(tables % 100)" : "\(tables)"
      #expect(
        words.contains("\(number) files left as tables of Python's calls could not be read"),
        "\(text.prefix(600))")
      let session = try Files.text(laboratory.work.appending("session"))
      #expect(session.hasPrefix("/run/honeyguide/") && !Files.exists(FilePath(session)), "\(session)")
    }
  }
}
