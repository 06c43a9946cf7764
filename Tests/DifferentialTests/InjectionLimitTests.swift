// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Where the agent does not get to, one program of each kind: what docs/limits.md says of them.
  @Suite(.serialized) struct InjectionLimits {
    /// Alone and with the agent; expects the same output and status where nothing else is said.
    private func inspect(
      _ laboratory: Laboratory, _ arguments: [String], environment: [String: String] = [:],
      options: [String] = [], injecting: Bool = true
    ) throws -> (alone: Command.Outcome, inspected: Command.Outcome, story: HoneyguideLines) {
      let command = Command(
        arguments, environment: Command.plainEnvironment.merging(environment) { $1 }, in: laboratory.work)
      try laboratory.clean()
      let alone = try command.run()
      let (inspected, story) = try laboratory.inspect(command, options: options, injecting: injecting)
      return (alone, inspected, story)
    }

    private static func refusal(_ program: String) -> String {
      "honeyguide: \"\(program)\" ended before it began: AddressSanitizer's runtime refuses to run behind the agent for "
        + "Python; with --no-inject nothing is loaded.\n"
    }

    private static func missing(_ program: String) -> String {
      "honeyguide: The agent for Python could not be loaded by \"\(program)\", whose loader may have complained; with "
        + "--no-inject nothing is loaded.\n"
    }

    @Test func aProgramThatItsSanitizerEndsIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("greets", flags: ["-fsanitize=address"])
      let (alone, inspected, _) = try inspect(laboratory, [program, "x"])
      #expect(alone.status == 1 && alone.outputText == "hello\n" && alone.errorText == "")
      #expect(inspected.status == 1 && inspected.outputText == "")
      #expect(inspected.errorText.contains("ASan runtime does not come first"))
      #expect(inspected.errorText.hasSuffix(Self.refusal("greets")), "\(inspected.errorText)")
      let without = try inspect(laboratory, [program, "x"], injecting: false).inspected
      #expect(without == alone)
    }

    /// Where the runtime is told not to look, the program is on its own: that it fails is nobody else's doing.
    @Test func aProgramThatFailsByItselfIsNotBlamedOnTheAgent() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("greets", flags: ["-fsanitize=address"])
      let (alone, inspected, _) = try inspect(
        laboratory, [program, "x"], environment: ["ASAN_OPTIONS": "verify_asan_link_order=0"])
      #expect(inspected == alone && alone.status == 1)
      // And where it is not even linked to the sanitizer.
      let other = try inspect(laboratory, [try laboratory.program("greets"), "x"])
      #expect(other.inspected == other.alone && other.alone.status == 1)
    }

    /// As debuggers do, of every library that they find in a process.
    @Test func aProgramThatLooksBesideTheLibraryIsNotSaidToLackIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = """
        for library in $(grep -o '/.*/agent.so$' /proc/self/maps | sort -u); do
          echo loaded
          cat "$library-gdb.py" 2>/dev/null
          { : < "$library-gdb.py"; } 2>/dev/null
        done
        :
        """
      let inspected = try inspect(laboratory, ["/bin/bash", "-c", script]).inspected
      #expect(inspected.outputText == "loaded\n" && inspected.errorText == "", "\(inspected.errorText)")
    }

    @Test(arguments: [
      "-static-libasan -fsanitize=address", "-fsanitize=thread", "-fsanitize=undefined", "-fsanitize=leak",
    ])
    func otherSanitizersRunAsTheyDoAlone(flags: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("greets", flags: flags.split(separator: " ").map(String.init))
      let (alone, inspected, _) = try inspect(laboratory, [program])
      #expect(alone.status == 0 && inspected == alone, "\(inspected.errorText)")
    }

    /// Given by the user in front, AddressSanitizer's runtime stays in front: for the command, and for what Python starts.
    @Test func aSanitizerThatTheUserLoadsComesFirst() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let compiler = try Requirement.tool("gcc", package: "gcc")
      let runtime =
        try Command([compiler, "-print-file-name=libasan.so"], in: "/").succeed().outputText
        .split(separator: "\n").first.map(String.init) ?? ""
      let script = """
        import os, subprocess
        print(os.environ["LD_PRELOAD"])
        child = "import os; print(os.environ['LD_PRELOAD'])"
        print(subprocess.run(["/usr/bin/python3", "-c", child]).returncode)
        """
      let (alone, inspected, story) = try inspect(
        laboratory, ["/usr/bin/python3", "-c", script],
        environment: ["LD_PRELOAD": runtime, "ASAN_OPTIONS": "detect_leaks=0"])
      #expect(inspected == alone && alone.status == 0, "\(inspected.errorText)")
      #expect(alone.outputText == "\(runtime)\n\(runtime)\n0\n")
      let observed = story.lines.filter { $0.event == "interpreter" }
      #expect(observed.count == 2 && observed.allSatisfy { $0.json["calls"]?.boolean == true })
    }

    @Test func aProgramInAnotherRootIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("greets")
      let root = laboratory.root.appending("other").string
      let script = """
        set -e
        for file in \(program) /lib64/ld-linux-x86-64.so.2 $(ldd \(program) | grep -o '/[^ ]*'); do
          mkdir -p \(root)/$(dirname $file); cp -L $file \(root)/$file
        done
        """
      try Command(["/bin/bash", "-c", script], in: laboratory.root).succeed()
      let chroot = try Requirement.tool("chroot", package: "coreutils")
      for wrapper in [[chroot], ["/usr/bin/unshare", "--mount", chroot]] {
        let (alone, inspected, _) = try inspect(laboratory, wrapper + [root, program, "a", "b"])
        #expect(alone.status == 2 && alone.outputText == "hello\n" && alone.errorText == "")
        #expect(inspected.status == 2 && inspected.outputText == "hello\n")
        #expect(inspected.errorText.contains("ERROR: ld.so: object"), "\(inspected.errorText)")
        #expect(inspected.errorText.hasSuffix(Self.missing("greets")), "\(inspected.errorText)")
      }
    }

    @Test(arguments: ["static", "musl", "32 bits", "set-user-ID", "capabilities"])
    func aProgramWhoseLoaderLeavesTheAgentOutRunsAsItDoesAlone(kind: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      var command: [String]
      switch kind {
      case "static": command = [try laboratory.program("greets", flags: ["-static"])]
      case "32 bits": command = [try laboratory.program("greets", is32Bit: true)]
      case "musl": command = [try muslProgram(laboratory, "greets")]
      default:
        let program = try laboratory.program("greets")
        let setcap = try Requirement.tool("setcap", package: "libcap2-bin")
        let change =
          kind == "capabilities"
          ? "\(setcap) cap_net_raw+ep \(program)" : "chown daemon \(program) && chmod u+s \(program)"
        try Command(["/bin/sh", "-c", "chmod a+rx \(laboratory.root) && \(change)"], in: "/").succeed()
        command = [try Requirement.tool("runuser", package: "util-linux"), "-u", "nobody", "--", program]
      }
      command += ["maps", "x"]
      let (alone, inspected, _) = try inspect(laboratory, command)
      #expect(inspected == alone && alone.status == 2, "\(inspected.errorText)")
      #expect(inspected.outputText == "hello\nagent: absent\n")
    }

    private func muslProgram(_ laboratory: Laboratory, _ name: String) throws -> String {
      let compiler = try Requirement.tool("musl-gcc", package: "musl-tools")
      let source = Requirement.repository.appending("Tests/Programs/greets.c").string
      let program = laboratory.root.appending(name).string
      try Command([compiler, "-o", program, source], in: laboratory.root).succeed()
      return program
    }

    /// A program that has the agent knows it, so that "absent" above can be false.
    @Test func anyOtherProgramHasTheAgentInItsMemory() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("greets")
      #expect(try inspect(laboratory, [program, "maps"]).inspected.outputText == "hello\nagent: loaded\n")
      let cleared = try inspect(laboratory, ["/usr/bin/env", "-i", program, "maps"])
      #expect(cleared.inspected.outputText == "hello\nagent: absent\n" && cleared.inspected == cleared.alone)
    }

    /// Python is told to have run, and that it was not observed, and why.
    @Test(arguments: [
      ("set-user-ID", "it has other rights than its caller, and the loader leaves out LD_PRELOAD for those"),
      (
        "cleared",
        "it was not seen to load the agent, as where LD_PRELOAD is not handed on, or of no use to a static program"
      ),
      ("musl", "its loader could not load the agent"),
    ])
    func aPythonThatTheAgentDoesNotReachIsNamed(kind: String, reason: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let python = laboratory.root.appending("python3").string
      let code = "import sys; sys.exit(7)"
      var command = [python, "-c", code]
      var status: Int32 = 7
      switch kind {
      case "set-user-ID":
        let script =
          "cp /usr/bin/python3 \(python) && chmod a+rx \(laboratory.root) && chown daemon \(python) && chmod 4755 \(python)"
        try Command(["/bin/sh", "-c", script], in: "/").succeed()
        let runuser = try Requirement.tool("runuser", package: "util-linux")
        command = [runuser, "-u", "nobody", "--"] + command
      case "musl":
        command[0] = try muslProgram(laboratory, "python3")
        status = 2
      default: command = ["/usr/bin/env", "-i", "/usr/bin/python3", "-c", code]
      }
      let (alone, inspected, story) = try inspect(laboratory, command)
      #expect(inspected == alone && alone.status == status, "\(inspected.errorText)")
      let told = story.lines.filter { $0.event == "interpreter" }
      #expect(told.map { $0.json["reason"]?.string } == [reason])
      #expect(told.allSatisfy { $0.json["calls"]?.boolean == false && $0.json["method"]?.string == "none" })
      #expect(!story.lines.contains { $0.event == "function" })
    }

    /// Who only reads the library does not load it.
    @Test func aProgramThatReadsPythonsLibraryIsNotNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script =
        "echo x >libpython3.11.so.1.0; cat libpython3.11.so.1.0; cp libpython3.11.so.1.0 libpython3.so"
      let (alone, inspected, story) = try inspect(laboratory, ["/bin/sh", "-c", script])
      #expect(inspected == alone && alone.outputText == "x\n")
      #expect(!story.lines.contains { $0.event == "interpreter" })
    }

    @Test func aPythonThatEndsForACallThatItForbadeIsNamed() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = Requirement.repository.appending("Tests/Programs/forbids.py").string
      let (alone, inspected, _) = try inspect(laboratory, ["/usr/bin/python3", program])
      #expect(alone.outputText == "forbidden\n" && inspected.outputText == alone.outputText)
      #expect(inspected.errorText.contains("\"python3\" was ended by SIGSYS"), "\(inspected.errorText)")
      let without = try inspect(laboratory, ["/usr/bin/python3", program], injecting: false).inspected
      #expect(without == alone)
    }

    /// Strict mode and PR_SET_TSC forbid the processor's counter: it is not read where no calls are counted.
    @Test func aPythonWithoutTheCounterRunsWhereNoCallsAreCounted() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = """
        import ctypes, os
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(26, 2, 0, 0, 0)
            os.environ.get("HOME"), os.environ.get("OTHER")
            os._exit(9)
        print(os.waitpid(child, 0)[1])
        """
      let (alone, inspected, _) = try inspect(
        laboratory, ["/usr/bin/python3", "-c", script], options: ["--python", "env"])
      #expect(alone.outputText == "2304\n" && inspected == alone, "\(inspected.errorText)")
    }
  }
}
