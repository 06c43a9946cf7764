// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// A Python that runs for long, and the page in the middle of it.
  @Suite struct SoFar {
    /// Counts its own calls where another process can read them, also after it was killed.
    private static let script = """
      import mmap, os, time
      with open("counter", "w+b") as file:
          file.write(bytes(8))
          file.flush()
          memory = mmap.mmap(file.fileno(), 8)
      counter = memoryview(memory).cast("Q")
      def counted():
          counter[0] += 1
      def begins_and_never_ends():
          os.environ.get("ASKED_MEANWHILE", "no")
          while True:
              for _ in range(500):
                  counted()
              with open("pid", "w") as file:
                  file.write(str(os.getpid()))
              time.sleep(0.005)
      if os.fork():
          os.wait()
      else:
          begins_and_never_ends()
      """

    @Test func thePageShowsWhatPythonHasDoneSoFarAndTheEndCountsItOnce() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let page = laboratory.root.appending("page"), json = laboratory.root.appending("story")
      let run = try Command(
        [
          honeyguide, "run", "--json", json.string, "--page", page.string, "--full", "--sort", "calls", "--",
          "/usr/bin/python3", "-c", Self.script,
        ], in: laboratory.work
      ).start()
      let pidFile = laboratory.work.appending("pid")
      try eventually("it runs") { try Files.exists(pidFile) && !Files.text(pidFile).isEmpty }
      let pid = try #require(Int32(try Files.text(pidFile)))

      var seen: [UInt64] = []
      for round in 1...3 {
        let before = try counter(laboratory)
        // So that all which is counted until here has been written.
        usleep(100_000)
        let size = Files.exists(page) ? try Files.read(page).count : 0
        run.signal(SIGUSR1)
        try eventually("page \(round) is written") {
          try Files.exists(page) && Files.text(page).dropFirst(size).contains("function")
            && Files.text(page).hasSuffix("\n")
        }
        usleep(50_000)
        let after = try counter(laboratory)
        let text = String(decoding: try Files.read(page).dropFirst(size), as: UTF8.self)
        let calls = try #require(Self.calls(of: "counted", in: text), "\(text.suffix(2_000))")
        #expect(before <= calls && calls <= after + 1, "\(before) \(calls) \(after)")
        // It has begun once, however often somebody asks.
        #expect(Self.calls(of: "begins_and_never_ends", in: text) == 1)
        #expect(text.contains("ASKED_MEANWHILE"))
        #expect(text.contains("still runs after"))
        seen.append(calls)
      }
      #expect(seen == seen.sorted() && seen[0] < seen[2])

      kill(pid, SIGKILL)
      let outcome = try run.wait()
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let story = try HoneyguideLines(try Files.read(json))
      func events(_ name: String) -> [HoneyguideLines.Line] {
        story.lines.filter { $0.event == "function" && $0.bytes("name")?.description == name }
      }
      let own = try counter(laboratory)
      let counted = try #require(events("counted").first)
      #expect(events("counted").count == 1 && counted.pid == pid)
      // It may have been killed between the call and its own counting of it.
      let told = UInt64(counted.integer("calls") ?? 0)
      #expect(own <= told && told <= own + 1, "\(told) told, \(own) counted")
      #expect(events("begins_and_never_ends").map { $0.integer("unfinished") } == [1])
      #expect(
        story.lines.count { $0.event == "env" && $0.bytes("name")?.description == "ASKED_MEANWHILE" } == 1)
      #expect(story.lines.count { $0.event == "interpreter" } == 2)
    }

    private func counter(_ laboratory: Laboratory) throws -> UInt64 {
      let bytes = try Files.read(laboratory.work.appending("counter"))
      return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Of the first list on a page, in the order of calls: these stand in front.
    private static func calls(of function: String, in page: String) -> UInt64? {
      let line = page.split(separator: "\n").first { $0.contains("  \(function)  <string>:") }
      let digits = line?.drop { $0 == " " }.prefix(while: { $0.isNumber || $0 == " " })
      // Thousands stand apart by one blank, columns by two.
      return digits.flatMap { UInt64(String($0).split(separator: "  ")[0].filter(\.isNumber)) }
    }

    /// What did not come within ten seconds.
    private struct Late: Error { var claim: String }

    private func eventually(_ claim: String, _ isSo: () throws -> Bool) throws {
      for _ in 0..<200 {
        if try isSo() { return }
        usleep(50_000)
      }
      throw Late(claim: claim)
    }
  }
}
