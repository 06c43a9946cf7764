// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct KilledByTheCommand {
    @Test func aCommandThatKillsHoneyguideGoesOnAndWhatWasWrittenUntilThenIsWhole() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      // The file is whole lines up to the kill; how many is for the moment to decide. `done` says that the command went on.
      let script = """
        i=0; while [ $i -lt 300 ]; do i=$((i+1)); cat missing-$i 2>/dev/null; done
        kill -KILL $PPID; cat missing-after 2>/dev/null; sleep 0.05; echo done >done
        """
      let run = try Command(
        [try Requirement.honeyguide(), "run", "--quiet", "--json", "story", "--", "/bin/sh", "-c", script],
        in: laboratory.work
      ).run()
      #expect(run.status == 137)
      var isDone = false
      for _ in 0..<100 where !isDone {
        isDone = (try? Files.text(laboratory.work.appending("done"))) == "done\n"
        if !isDone { try Command(["/bin/sleep", "0.05"], in: laboratory.work).succeed() }
      }
      #expect(isDone, "the command did not go on")
      let story = try Files.read(laboratory.work.appending("story"))
      let lines = story.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      #expect(lines.count > 300, "the first \(lines.count) lines")
      for line in lines.dropLast() {
        let event = try JSON(line)["event"]?.string
        #expect(event != nil && event != "summary")
      }
      let text = String(decoding: story, as: UTF8.self)
      #expect(text.contains("/missing-1\"") && !text.contains("/missing-after\""))
    }
  }
}
