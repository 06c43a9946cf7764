// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Tests/Programs/acts.c, line by line. The witness is the program itself.
  @Suite(.serialized) struct SystemActs {
    @Test(arguments: [false, true])
    func whatIsDoneToTheSystemAndToOtherProcessesIsTold(injecting: Bool) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("acts"), work = laboratory.work.string
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(
        Command([program], in: laboratory.work), injecting: injecting)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let forks = story.lines.compactMap { $0.json["child"]?["pid"]?.integer }
      #expect(forks.count == 3)
      // Settles what the kernel chooses.
      func settled(_ text: String) -> String {
        text.replacing(work, with: "WORK").replacing(/net:\[[0-9]+\]/, with: "net:[N]")
      }
      func child(_ pid: Int128?) -> String {
        pid.flatMap { pid in forks.firstIndex(of: pid) }.map { "child\($0 + 1)" } ?? "\(pid ?? -1)"
      }
      let told = story.lines.compactMap { line -> String? in
        let who = forks.firstIndex(of: Int128(line.pid)).map { "child\($0 + 1) " } ?? ""
        let path = line.bytes("path").map { " " + settled($0.description) } ?? ""
        let flags = line.json["flags"]?.array.map { $0.compactMap(\.string).joined(separator: "|") } ?? ""
        let rest: String
        switch line.event {
        case "mknod": rest = path + " \(line.integer("mode") ?? -1) \(line.integer("device") ?? -1)"
        case "name": rest = " " + (line.bytes("name")?.description ?? "")
        case "mount":
          rest =
            " \(line.bytes("source")?.description ?? "-")" + path
            + " \(line.bytes("filesystem")?.description ?? "-") " + flags
        case "umount", "setns", "chroot": rest = path + " " + flags
        case "unshare": rest = " " + flags
        case "setid":
          let asked = line.json["asked"]?.array?.compactMap(\.integer) ?? []
          let ids = ["ruid", "euid", "suid", "fsuid", "rgid", "egid"].map { "\(line.integer($0) ?? -1)" }
          rest = " \(line.bytes("call")?.description ?? "") \(asked) = " + ids.joined(separator: " ")
        case "ptrace": rest = " \(line.bytes("request")?.description ?? "") \(child(line.integer("target")))"
        case "kill":
          rest = " \(child(line.integer("target"))) \(line.bytes("signal")?.description ?? "")"
        case "signal":
          rest = " \(line.bytes("signal")?.description ?? "") to \(child(line.json["to"]?["pid"]?.integer))"
        case "open" where line.json["requested"] == nil: rest = path
        default: return nil
        }
        return who + line.event + rest + (line.error.map { " = " + $0 } ?? "")
      }
      #expect(
        told == [
          "mknod WORK/fifo 4512 0", "mknod WORK/dev 8576 259", "mknod WORK/fifo 4480 0 = EEXIST",
          "name renamed\\x0ax", "setns net:[N] CLONE_NEWNET", "setns  = EBADF",
          "unshare CLONE_FS|CLONE_NEWNS", "mount none / - MS_REC|MS_PRIVATE",
          "mount tmp fs WORK/m tmpfs MS_NOSUID|MS_NODEV", "mount m WORK/m2 - MS_BIND",
          "mount x WORK/missing nosuchfs  = ENOENT", "open WORK/m/file", "open = ESTALE",
          "umount WORK/m2 MNT_DETACH", "umount WORK/missing  = ENOENT", "child1 chroot WORK/m ",
          "child1 setid setgid [12] = 0 0 0 0 12 12",
          "child1 setid setresuid [-1, 1234, -1] = 0 1234 0 1234 12 12",
          "child1 setid setuid [0] = 0 0 0 0 12 12",
          "child1 setid setuid [77777] = 77777 77777 77777 77777 12 12", "signal SIGUSR2 to child1",
          "kill child1 SIGTERM = ESRCH", "kill 999999 SIGKILL = ESRCH",
          "child2 ptrace PTRACE_TRACEME 0", "ptrace PTRACE_ATTACH child3", "signal SIGKILL to child3",
          "ptrace PTRACE_SEIZE 999999 = ESRCH", "umount WORK/m MNT_DETACH",
        ])
    }

    @Test func aSignalFromSomebodyWhoIsNotFollowedIsToldByWhomItHits() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      // The one who kills is started before, and waits for a file with the pid in it.
      let killer = "while ! [ -s pid ]; do sleep 0.02; done; kill -USR1 $(cat pid); echo $$ >killer"
      let script = "trap 'exit 7' USR1; echo $$ >new; mv new pid; while :; do sleep 0.02; done"
      let command = Command(
        [
          "/bin/bash", "-c", "(\(killer)) & exec \"$@\"", "bash", try Requirement.honeyguide(), "run",
          "--quiet", "--json", laboratory.root.appending("story.jsonl").string, "--", "/bin/bash", "-c",
          script,
        ], in: laboratory.work)
      #expect(try command.run().status == 7)
      let story = try HoneyguideLines(try Files.read(laboratory.root.appending("story.jsonl")))
      let signals = story.lines.filter { $0.event == "signal" }
      #expect(signals.count == 1)
      let pid = String(decoding: try Files.read(laboratory.work.appending("pid")), as: UTF8.self)
      #expect(signals.first.map { "\($0.pid)\n" } == pid)
      #expect(signals.first?.json["from"]?["comm"]?.string == "bash")
      #expect(signals.first?.bytes("signal") == "SIGUSR1")
      #expect(story.lines.allSatisfy { $0.json["from"]?["pid"]?.integer != Int128($0.pid) })
    }
  }
}
