// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Small programs that make each call in each of its forms, with each of its outcomes.
  @Suite(.serialized) struct SystemCalls {
    @Test func everyWayToOpenAFileIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("opens")], least: [.open: 60, .change: 90])
    }

    @Test func everyWayToAskAboutANameIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("lookups")], least: [.lookup: 25])
    }

    @Test func everyWayToChangeANameOrAFileIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("changes")], least: [.change: 80])
    }

    @Test func everyWayToExecuteAProgramIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("execs"), "run"], least: [.exec: 70, .exit: 50])
    }

    @Test func aStormOfProcessesIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("storm"), "8", "24", "log"],
        least: [.exec: 193, .exit: 201, .open: 400])
    }

    @Test func whatSeccompAnswersIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("filtered")], status: 128 + 31, least: [.change: 1, .exit: 1])
    }

    @Test func unusualEndsOfProcessesAreToldAsStraceTellsThem() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(
        laboratory, [try laboratory.program("endings")], status: 10, least: [.exit: 112, .open: 10])
    }

    @Test func whatOutlivesTheCommandIsToldWhenItIsWaitedFor() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = "(sleep 0.3; cat /etc/passwd >copy; exec /bin/false) & exit 4"
      try expectAgreement(
        laboratory, ["/bin/sh", "-c", script], options: ["--wait-all"], status: 4,
        least: [.exec: 4, .exit: 4])
    }

    @Test func pathsBelowMountsAndAnotherRootAreToldAsStraceTellsThem() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try expectAgreement(laboratory, [try laboratory.program("roots")], least: [.open: 20])
    }

    /// strace cannot tell what the kernel makes of these arguments, and nobody can read the file afterwards. So
    /// here the other witness is fs/binfmt_script.c: interpreter, its argument, the name, the rest.
    @Test func aScriptInMemoryIsToldWithItsInterpreter() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("execs")
      try laboratory.clean()
      let inspected = try laboratory.inspect(Command([program, "memory-script"], in: laboratory.work))
      #expect(inspected.outcome.status == 14)
      let execs = inspected.story.lines.filter { $0.event == "exec" }
      #expect(execs.count == 2)
      let script = try #require(execs.last)
      #expect(script.list("argv") == ["/bin/sh", "-u", "/dev/fd/9", "x"])
      #expect(script.bytes("filename") == "/dev/fd/9")
      #expect(script.bytes("interpreter") == "/bin/sh")
      #expect(script.bytes("script") == "/dev/fd/9")
    }
  }
}
