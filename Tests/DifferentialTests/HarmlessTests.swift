// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// A program behaves under Honeyguide as it does alone.
  @Suite(.serialized) struct Harmless {
    /// Runs a command alone and under Honeyguide, and expects the same output, errors and exit code.
    private func expectNoDifference(
      _ laboratory: Laboratory, _ arguments: [String], environment: [String: String] = [:],
      input: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Command.Outcome {
      let file = laboratory.root.appending("input")
      try Files.write(input.utf8, to: file)
      var command = Command(
        arguments, environment: Command.plainEnvironment.merging(environment) { $1 }, in: laboratory.work)
      command.input = file
      try laboratory.clean()
      let alone = try command.run()
      try laboratory.clean()
      let inspected = try laboratory.inspect(command).outcome
      #expect(inspected.status == alone.status, sourceLocation: sourceLocation)
      #expect(inspected.outputText == alone.outputText, sourceLocation: sourceLocation)
      #expect(inspected.errorText == alone.errorText, sourceLocation: sourceLocation)
      return alone
    }

    @Test func aProgramFindsItselfStartedAsItWouldBeAlone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/identity.py").string
      let alone = try expectNoDifference(
        laboratory, ["/usr/bin/python3", script, "--", "-x", "", "a b\n"],
        environment: ["ODD": "a=b\nc", "EMPTY": "", "HOME": "/nonexistent"], input: "typed\n")
      #expect(alone.status == 0, "\(alone.errorText)")
      #expect(alone.outputText.contains("TracerPid:\t0"))
    }

    @Test(arguments: [
      ("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137),
      ("kill -SEGV $$", 139), ("exec /nonexistent/program", 127), ("exec /etc/passwd", 126),
    ])
    func theExitCodeOfACommandIsPassedOn(script: String, status: Int32) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let alone = try expectNoDifference(laboratory, ["/bin/sh", "-c", "ulimit -c 0; " + script])
      #expect(alone.status == status)
    }

    @Test(arguments: [("/nonexistent/program", 127), ("/etc/passwd", 126), ("/etc", 126)])
    func aCommandThatCannotBeRunHasTheExitCodeThatAShellGives(path: String, status: Int32) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let outcome = try Command([honeyguide, "run", "--quiet", "--", path], in: laboratory.work).run()
      #expect(outcome.status == status)
      #expect(outcome.errorText.contains(path), "a sentence names what cannot be run: \(outcome.errorText)")
    }

    @Test func aProgramThatTracesItsChildBehavesAsItDoesAlone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let alone = try expectNoDifference(laboratory, [try laboratory.program("tracer")])
      #expect(alone.outputText.contains("exit 0") && alone.outputText.contains("TracerPid:\t0"))
    }

    @Test func aProgramUnderSeccompBehavesAsItDoesAlone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let alone = try expectNoDifference(laboratory, [try laboratory.program("filtered")])
      // 15 is ENOTBLK, which the filter gives; 31 is SIGSYS.
      #expect(alone.outputText == "mkdir -1 15\n" && alone.status == 128 + 31)
    }

    @Test func aCommandStaysInTheProcessGroupThatHoneyguideWasStartedIn() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let script = "import os; print(os.getpgrp(), os.getppid())"
      let run = try Command(
        [honeyguide, "run", "--quiet", "--", "/usr/bin/python3", "-c", script], in: laboratory.work
      ).start()
      let outcome = try run.wait()
      #expect(outcome.outputText == "\(run.pid) \(run.pid)\n")
    }

    /// A terminal of the test's own, by script(1) from util-linux.
    @Test func anInteractiveShellHasItsTerminalAndItsJobControl() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = try Requirement.tool("script", package: "bsdutils")
      let honeyguide = try Requirement.honeyguide()
      // Into a file, for what the terminal echoes depends on when it is typed.
      let typed = """
        exec >said 2>&1
        tty | sed 's/[0-9]*$//'
        sleep 0.3 & jobs; fg; sh -c 'kill -STOP $$'
        jobs; bg; wait; echo $-; exit 7

        """
      func run(_ prefix: String) throws -> (outcome: Command.Outcome, said: [String]) {
        try laboratory.clean()
        try Files.write(typed.utf8, to: laboratory.work.appending("typed"))
        var command = Command(
          [script, "-qec", "\(prefix)/bin/bash --norc --noprofile --noediting -i", "/dev/null"],
          environment: Command.plainEnvironment.merging(["PS1": "> ", "TERM": "dumb"]) { $1 },
          in: laboratory.work)
        command.input = laboratory.work.appending("typed")
        let outcome = try command.run()
        let said = try Files.text(laboratory.work.appending("said"))
        // "[1] 1234": the number of a job's process.
        return (
          outcome, said.split(separator: "\n").map { $0.hasPrefix("> [1] ") ? "> [1] PID" : String($0) }
        )
      }
      let alone = try run("")
      let inspected = try run("\(honeyguide) run --quiet -- ")
      #expect(alone.outcome.status == 7, "\(alone.outcome.outputText)")
      #expect(inspected.outcome.status == 7, "\(inspected.outcome.outputText)")
      #expect(inspected.said == alone.said)
      #expect(alone.said.contains { $0.contains("Stopped") }, "\(alone.said)")
      #expect(!alone.said.contains { $0.contains("no job control") }, "\(alone.said)")
    }
  }
}
