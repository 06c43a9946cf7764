// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@Suite struct ProcessTests {
  @Test func aProcessThatExitsIsNoLongerRunning() {
    var story = Story()
    story.exec(10, "make all")
    #expect(story.inspection("make").processes.running.map(\.id) == [story.id(10)])
    story.exit(10, .code(2))
    let inspection = story.inspection("make")
    #expect(inspection.processes.running.isEmpty)
    #expect(inspection.processes[story.id(10)]?.exit?.status == .code(2))
  }

  @Test func everyExecOfAProcessIsKeptInOrder() {
    var story = Story()
    story.exec(10, "sh -c ls")
    story.exec(10, "ls")
    let forwards = story.inspection("sh").processes[story.id(10)]
    #expect(forwards?.images.map { $0.argv } == [["sh", "-c", "ls"], ["ls"]])
    story.events.reverse()
    let backwards = story.inspection("sh").processes[story.id(10)]
    #expect(backwards?.images.map { $0.argv } == [["sh", "-c", "ls"], ["ls"]])
  }

  @Test func aSearchAlongPATHIsOneStepWithWhereItEnded() throws {
    var story = Story()
    story.exec(10, "env git")
    story.failExec(10, "/usr/local/bin/git")
    story.failExec(10, "/opt/bin/git", 13)
    story.exec(10, "git")
    let steps = try #require(story.inspection("env").processes[story.id(10)]?.steps)
    #expect(steps.count == 3)
    guard case .search(let search) = steps[1] else {
      Issue.record("no search: \(steps[1])")
      return
    }
    #expect(search.name == "git")
    #expect(search.attempts.map(\.path) == ["/usr/local/bin/git", "/opt/bin/git"])
    #expect(search.attempts.map(\.error.name) == ["ENOENT", "EACCES"])
    #expect(search.found == "/usr/bin/git")
  }

  @Test func aSearchThatFindsNothingSaysSo() throws {
    var story = Story()
    story.failExec(10, "/usr/bin/tool")
    story.failExec(10, "/bin/tool")
    story.exec(10, "sh")
    let steps = try #require(story.inspection("tool").processes[story.id(10)]?.steps)
    guard case .search(let search) = steps[0] else {
      Issue.record("no search: \(steps[0])")
      return
    }
    #expect(search.attempts.count == 2)
    #expect(search.found == nil)
  }

  @Test func aLostForkIsReplacedByTheParentsPid() {
    var story = Story()
    story.exec(10, "sh")
    story.fork(10, 11)
    story.exec(11, "ls")
    story.events.remove(at: 1)
    let tree = story.inspection("sh").processes.tree
    #expect(tree.roots.map { tree.processes[$0].id.pid } == [10])
    #expect(tree.children[tree.roots[0]].map { tree.processes[$0].id.pid } == [11])
  }

  @Test func aPidThatIsUsedAgainIsAnotherProcess() {
    var story = Story()
    story.exec(10, "sh")
    story.fork(10, 11)
    story.exec(11, "ls")
    story.exit(11)
    story.fork(10, 11)
    story.exec(11, "cat")
    let inspection = story.inspection("sh")
    #expect(inspection.processes.seen == 3)
    #expect(inspection.processes[story.id(11)]?.images.map(\.argv) == [["cat"]])
    #expect(inspection.processes[story.id(11)]?.exit == nil)
  }

  @Test func damagedForksMakeNoCircle() {
    let a = ProcessID(pid: 1, start: 5)
    let b = ProcessID(pid: 2, start: 6)
    func event(_ id: ProcessID, _ body: Event.Body) -> Event {
      Event(time: 7, process: id, tid: id.pid, ppid: 3 - id.pid, uid: 0, comm: "x", body: body)
    }
    let look = Event.Body.lookup(
      Lookup(call: "stat", target: PathArgument(requested: "/x", path: "/x"), error: nil))
    let events = [
      event(a, look), event(b, look), event(a, .fork(Fork(child: b))), event(b, .fork(Fork(child: a))),
      event(a, .fork(Fork(child: a))),
    ]
    let inspection = Story.reduce(Story().start("x"), events)
    let tree = inspection.processes.tree
    #expect(tree.roots.map { tree.processes[$0].id } == [a])
    #expect(inspection.files["/x"]?.touches.count == 2)
    #expect(
      Set(inspection.files["/x"]?.touches.map { inspection.processes.programs[$0.program].process } ?? [])
        == [a])
  }

  @Test func whatAForkedChildDidBelongsToTheProgramItWasForkedFrom() throws {
    var story = Story()
    story.exec(
      10, "/usr/bin/python3 /usr/bin/ansible site.yml", exe: "/usr/bin/python3", script: "/usr/bin/ansible")
    story.fork(10, 11)
    story.miss(11, "/etc/ansible/ansible.cfg")
    for order in [story.events, story.events.reversed()] {
      let inspection = Story.reduce(story.start("ansible"), order)
      let touch = try #require(inspection.files["/etc/ansible/ansible.cfg"]?.touches.first)
      // Backwards the fork is known only after the look-up.
      #expect(
        inspection.processes.programs[touch.program].name == (order == story.events ? "ansible" : "python3")
          || inspection.processes.programs[touch.program].name == "ansible")
    }
  }

  @Test(
    arguments: [
      (["/usr/bin/git", "pull"], "/usr/bin/git", nil, "git"),
      (["python3", "-m", "venv", "x"], "/usr/bin/python3", nil, "python3 -m venv"),
      (["python3", "tools/a.py"], "/usr/bin/python3.11", nil, "a.py"),
      (["sh", "-c", "ls"], "/bin/sh", nil, "sh"),
      (["/bin/bash", "./run.sh"], "/bin/bash", "./run.sh", "run.sh"),
      (["x"], "/dev/fd/3", nil, "tool"),
    ] as [([ByteString], ByteString, ByteString?, ByteString)])
  func aProgramIsCalledWhatAPersonCallsIt(
    argv: [ByteString], filename: ByteString, script: ByteString?, name: ByteString
  ) {
    var story = Story()
    story.add(
      10,
      .exec(
        Exec(
          exe: filename.bytes.starts(with: "/dev".utf8) ? "/memfd:/tool" : filename,
          filename: script ?? filename,
          argv: argv, argvSize: 0, cwd: "/", script: script)))
    let inspection = story.inspection("x")
    #expect(
      inspection.processes[story.id(10)]?.images.map { inspection.processes.programs[$0.program].name } == [
        name
      ])
  }
}
