// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// The line on the terminal that tells how far a long inspection has come.
  @Suite(.serialized) struct ProgressLine {
    private static let mark = ": 1 process, ", erased = "\r\u{1B}[K"

    /// What came out of a terminal in which `honeyguide` ran.
    private func terminal(_ laboratory: Laboratory, _ words: [String]) throws -> String {
      let script = Requirement.repository.appending("Tests/Programs/terminal.py").string
      // Made narrow after it began: so the size is set before it looks.
      let command = ["/bin/sh", "-c", "sleep 0.2; exec \"$@\"", "sh", try Requirement.honeyguide()] + words
      return try Command(["/usr/bin/python3", script] + command, in: laboratory.root).run().outputText
    }

    @Test func itIsThereWhileNobodyElseHasTheTerminalAndGoneBeforeThePage() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["1"])
      let text = try terminal(laboratory, ["attach", "-p", "\(program.pid)", "--duration", "4s"])
      #expect(text.contains(Self.mark), "\(text)")
      // Nothing is between the line's end and the page, and nothing of it after.
      let parts = text.split(separator: "honeyguide: attached", maxSplits: 1)
      #expect(parts.count == 2 && parts[0].hasSuffix(Self.erased))
      #expect(parts.last?.contains(Self.mark) == false)
      let silent = try terminal(
        laboratory, ["attach", "--no-progress", "-p", "\(program.pid)", "--duration", "3s"])
      #expect(silent.hasPrefix("honeyguide: attached"), "\(silent)")
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    @Test func aCommandInTheSameTerminalHasItForItself() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = "printf a; sleep 2.5; printf b; sleep 1; echo c"
      let text = try terminal(laboratory, ["run", "--", "/bin/sh", "-c", script])
      #expect(text.hasPrefix("abc\r\nhoneyguide: "), "\(text)")
    }

    /// It has the terminal as its standard output while it is attached to.
    @Test func aProcessThatHasTheTerminalHasItForItself() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/terminal.py").string
      let honeyguide = try Requirement.honeyguide()
      let shell = "(printf a; sleep 4; printf b) & exec \(honeyguide) attach -p $! -f"
      let text = try Command(["/usr/bin/python3", script, "/bin/sh", "-c", shell], in: laboratory.root).run()
        .outputText
      #expect(text.hasPrefix("abhoneyguide: attached"), "\(text)")
    }
  }
}
