// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// Processes that see other files, or other numbers, than Honeyguide does. The expectations are written by hand.
  @Suite(.serialized) struct Views {
    @Test func behindChrootAPathIsToldAsTheProcessSeesItAndAsWeDo() throws {
      let (lines, work) = try run("chroot")
      #expect(
        lines == [
          "lookup /etc/file host \(work)/jail/etc/file", "open /etc/file host \(work)/jail/etc/file",
          "open /etc/missing host \(work)/jail/etc/missing ENOENT",
          "rename /etc/file host \(work)/jail/etc/file to /etc/other host \(work)/jail/etc/other",
        ])
    }

    @Test func amongOtherMountsAPathIsToldAsTheProcessSeesItAndAsWeDo() throws {
      let (lines, work) = try run("mounts")
      // Of an absolute name that leads nowhere we cannot know where it would be.
      #expect(
        lines == [
          "open /mnt/etc/file host \(work)/jail/etc/file", "chdir /mnt/etc host \(work)/jail/etc",
          "open /mnt/etc/missing host \(work)/jail/etc/missing ENOENT", "open /mnt/missing host - ENOENT",
        ])
    }

    @Test func aFileSystemIsFoundWhereItLiesAlsoWhereItHasTheNumberOfOneThatIsGone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      // The kernel gives the number of the first, which is gone, to the second.
      let script = """
        for place in one other; do
          mkdir $place && mount -t tmpfs none $place && echo $place >$place/file && stat -c %d $place
          unshare --mount sh -c "mount --bind $place /mnt && cat /mnt/file"; sleep 0.3; umount $place
        done
        """
      let (outcome, story) = try laboratory.inspect(
        Command(["/bin/sh", "-ec", script], in: laboratory.work))
      let words = outcome.outputText.split(separator: "\n")
      try #require(words.count == 4 && words[0] == words[2] && words[1] == "one" && words[3] == "other")
      let opens = story.lines.filter { $0.event == "open" && $0.bytes("path") == "/mnt/file" }
      #expect(
        opens.map { $0.bytes("host_path")?.description }
          == ["one", "other"].map { "\(laboratory.work)/\($0)/file" })
    }

    @Test func theNumberInsideAPidNamespaceIsTheOneThatTheProcessKnows() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try prepare(laboratory)
      let story = try laboratory.inspect(
        Command(["/usr/bin/python3", script, "pid"], in: laboratory.work)
      ).story
      func number(_ file: String) throws -> Int128? {
        Int128(try Files.text(laboratory.work.appending(file)).split(separator: "\n").joined())
      }
      let children = story.lines.compactMap { $0.json["child"] }.filter { $0["ns_pid"] != nil }
      #expect(children.first?["ns_pid"]?.integer == (try number("number")))
      let shell = story.lines.first { $0.event == "exec" && $0.bytes("exe") == "/usr/bin/dash" }
      #expect(shell?.integer("ns_pid") == (try number("shell")))
      #expect(story.lines.first { $0.event == "exec" }?.json["ns_pid"] == nil)
    }

    @Test func aProcessInAContainersCgroupIsToldWithTheContainersId() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let id = String(repeating: "5f", count: 32), mount = laboratory.root.appending("cgroup")
      let group = "honeyguide-test-\(id.prefix(6))", scope = "\(group)/docker-\(id).scope"
      try Files.makeDirectory(mount)
      try Command(["/bin/mount", "-t", "cgroup2", "none", mount.string], in: "/").succeed()
      defer {
        for name in [scope, group] { _ = try? Files.remove(mount.appending(name)) }
        _ = try? Command(["/bin/rmdir", "\(mount)/\(scope)", "\(mount)/\(group)"], in: "/").run()
        _ = try? Command(["/bin/umount", mount.string], in: "/").run()
      }
      let script =
        "mkdir -p \(mount)/\(scope) && echo $$ >\(mount)/\(scope)/cgroup.procs && /bin/true;"
        + " echo $$ >\(mount)/cgroup.procs; :"
      let story = try laboratory.inspect(Command(["/bin/sh", "-c", script], in: laboratory.work)).story
      let exec = story.lines.first { $0.event == "exec" && $0.bytes("exe") == "/usr/bin/true" }
      #expect(exec?.bytes("container")?.description == id)
      #expect(exec?.bytes("cgroup")?.description == "/" + scope)
      #expect(story.lines.first { $0.event == "exec" }?.json["container"] == nil)
    }

    private let script = Requirement.repository.appending("Tests/Programs/views.py").string

    private func prepare(_ laboratory: Laboratory) throws {
      try laboratory.clean { work in
        try Files.makeDirectory(work.appending("jail"))
        try Files.makeDirectory(work.appending("jail/etc"))
        try Files.write([], to: work.appending("jail/etc/file"))
      }
    }

    /// The lines about the files in question, in short.
    private func run(_ word: String) throws -> (lines: [String], work: String) {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try prepare(laboratory)
      let (outcome, story) = try laboratory.inspect(
        Command(["/usr/bin/python3", script, word], in: laboratory.work))
      #expect(outcome.status == 0, "\(outcome.errorText)")
      func text(_ line: HoneyguideLines.Line, _ name: String) -> String {
        line.bytes(name)?.description ?? "-"
      }
      // A file of Python's own is no concern of this test.
      let lines = story.lines.filter { line in
        ["open", "lookup", "rename", "chdir"].contains(line.event)
          && [text(line, "path"), text(line, "host_path")].contains {
            $0.contains("/etc/file") || $0.hasSuffix("/missing") || $0 == "/mnt/etc"
          }
      }.map { line in
        var words = [line.event, text(line, "path"), "host", text(line, "host_path")]
        if line.event == "rename" { words += ["to", text(line, "to"), "host", text(line, "host_to")] }
        return (words + [line.error].compactMap { $0 }).joined(separator: " ")
      }
      return (lines, laboratory.work.string)
    }
  }
}
