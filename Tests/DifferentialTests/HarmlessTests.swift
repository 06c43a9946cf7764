// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// A program behaves under Honeyguide as it does alone.
  @Suite(.serialized) struct Harmless {
    /// Runs a command alone and under Honeyguide, and expects the same output, errors and exit code, after what
    /// `adjusted` makes of the output.
    private func expectNoDifference(
      _ laboratory: Laboratory, _ arguments: [String], environment: [String: String] = [:],
      input: String = "", options: [String] = [], injecting: Bool = true,
      adjusted: (String) -> String = { $0 }, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Command.Outcome {
      let file = laboratory.root.appending("input")
      try Files.write(input.utf8, to: file)
      var command = Command(
        arguments, environment: Command.plainEnvironment.merging(environment) { $1 }, in: laboratory.work)
      command.input = file
      try laboratory.clean()
      let alone = try command.run()
      try laboratory.clean()
      let inspected = try laboratory.inspect(command, options: options, injecting: injecting).outcome
      #expect(inspected.status == alone.status, sourceLocation: sourceLocation)
      #expect(
        adjusted(inspected.outputText) == adjusted(alone.outputText), sourceLocation: sourceLocation)
      #expect(inspected.errorText == alone.errorText, sourceLocation: sourceLocation)
      return alone
    }

    @Test(arguments: [false, true])
    func aProgramFindsItselfStartedAsItWouldBeAlone(injecting: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/identity.py").string
      let alone = try expectNoDifference(
        laboratory, ["/usr/bin/python3", script, "--", "-x", "", "a b\n"],
        environment: ["ODD": "a=b\nc", "EMPTY": "", "HOME": "/nonexistent"], input: "typed\n",
        injecting: injecting)
      #expect(alone.status == 0, "\(alone.errorText)")
      #expect(alone.outputText.contains("TracerPid:\t0"))
    }

    /// A program that is not Python sees one variable more, or one value longer; and no other difference. (The process
    /// group, the room for descriptors and the files for output are those of whoever starts it for the test.)
    @Test(arguments: [nil, "", "libm.so.6"])
    func aProgramSeesTheAgentInOneVariableAlone(preload: String?) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let whoami = try laboratory.program("whoami")
      let given = preload.map { ["LD_PRELOAD": $0] } ?? [:]
      var agents = 0
      func withoutAgent(_ output: String) -> String {
        let tail = preload.map { $0.isEmpty ? "" : ":" + $0 } ?? ""
        let agent = #//[^\n:]+/s/(?:[0-9a-f]/){8}\$LIB/agent\.so/#
        let prefix = "environment LD_PRELOAD="
        return output.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
          if ["group ", "FDSize:", "fd 1 ", "fd 2 "].contains(where: line.hasPrefix) { return nil }
          guard line.hasPrefix(prefix) else { return String(line) }
          let value = line.dropFirst(prefix.count)
          guard let match = value.prefixMatch(of: agent) else { return preload == nil ? String(line) : nil }
          agents += 1
          return value[match.range.upperBound...] == tail ? nil : String(line)
        }.joined(separator: "\n")
      }
      let alone = try expectNoDifference(
        laboratory, [whoami, "a b"], environment: given, adjusted: withoutAgent)
      #expect(alone.status == 0 && alone.outputText.contains("argument 1 a b\n") && agents == 1)
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
      // Those that nobody holds: another Honeyguide may be at work.
      let script = """
        for session in /run/honeyguide/[0-9a-f]*; do
          inode=$(stat --format %i "$session/session" 2>/dev/null) || continue
          grep -q "OFDLCK .*:$inode " /proc/locks || [ ! -e "$session" ] || echo "$session"
        done
        """
      let sessions = { () throws -> Set<String> in
        Set(
          try Command(["/bin/sh", "-c", script], in: "/").succeed().outputText.split(separator: "\n").map(
            String.init))
      }
      let before = try sessions()
      let outcome = try Command([honeyguide, "run", "--quiet", "--", path], in: laboratory.work).run()
      #expect(outcome.status == status)
      #expect(try sessions().subtracting(before).isEmpty, "the session's directory is gone with it")
      #expect(outcome.errorText.contains(path), "a sentence names what cannot be run: \(outcome.errorText)")
    }

    /// The loader looks at /proc/self/exe for the agent's sake; a program that does so is told, and once.
    @Test(arguments: [(["/bin/true"], 0), (["/usr/bin/readlink", "/proc/self/exe"], 1)])
    func whatTheLoaderDoesForTheAgentIsNotTold(command: [String], count: Int) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      for injecting in [false, true] {
        for options in [[], ["--only", "lookup,env"]] {
          try laboratory.clean()
          let (outcome, story) = try laboratory.inspect(
            Command(command, in: laboratory.work), options: options, injecting: injecting)
          #expect(outcome.status == 0, "\(outcome.errorText)")
          let lookups = story.lines.filter { $0.event == "lookup" }.compactMap {
            $0.bytes("path")?.description
          }
          #expect(lookups.count { $0 == "/proc/self/exe" } == count, "\(lookups)")
          // What its loader looks for without an agent, too: some was told.
          #expect(lookups.contains("/etc/ld.so.preload"))
          #expect(!story.lines.contains { $0.bytes("path")?.description.contains("agent.so") ?? false })
        }
      }
    }

    /// What a tracer counts of its child's calls are those of its loader, too, and with the agent it has one more
    /// library to load. Nor are the probes on getenv hidden from it: since Linux 6.11 the return to one is a call.
    @Test(arguments: [false, true])
    func aProgramThatTracesItsChildBehavesAsItDoesAlone(injecting: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let alone = try expectNoDifference(
        laboratory, [try laboratory.program("tracer")],
        options: injecting ? [] : ["--no-env"], injecting: injecting,
        adjusted: { injecting ? $0.replacing(#/stops \d+,/#, with: "stops,") : $0 })
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
