// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of how the inside of programs was observed, and of whom it could not be.
@Suite struct PageObservationTests {
  @Test func whoCouldNotBeObservedIsNamedWithTheReason() {
    var story = Story()
    story.exec(10, "sh")
    for pid in 11...13 as ClosedRange<Int32> {
      story.fork(10, pid)
      story.exec(pid, "python2.7 old.py")
      story.interpret(pid, pid == 13 ? nil : "2.7.18", method: .none, reason: "it is linked statically")
    }
    story.interpret(10, "3.13.0", method: .monitoring, lost: 1_200)
    story.interpret(10, "3.9.1", method: .uprobe)
    #expect(
      PageInsideTests.inside(story) == """
        Python  2 processes of 2.7.18, 1 of 3.13.0, 1 of 3.9.1, 1 of a version that is not known
          not observed inside in 2 processes (old.py): it is linked statically
          not observed inside in 1 process (old.py): it is linked statically
          seen from outside alone, calls without times, in 1 process (sh)
          had no room in a process's table: 1 200 functions with 1 200 calls, 1 200 look-ups of variables

        """)
  }

  @Test func timesFromOutsideAreSaidToContainWhatTheProbesTake() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    story.function(10, "main", "/srv/tool.py", 3, calls: 2, total: 500, own: 500)
    story.interpret(10, "3.11.2", method: .usdt)
    #expect(
      PageInsideTests.inside(story).contains(
        "(times contain what these take, some µs a call), in 1 process"))
  }

  @Test func timesThatAreNotKnownAreNoZeros() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    var function = FunctionProfile(
      version: "3.9.1", file: "/srv/tool.py", line: 3, name: "main", qualifiedName: nil, calls: 7)
    function.hasTimes = false
    story.add(10, .function(function))
    story.interpret(10, "3.9.1", method: .uprobe)
    #expect(
      PageInsideTests.inside(story).contains(
        """
        Python  1 process of 3.9.1; 7 calls of 1 function
          calls  total  self  mean  max  function
              7      –     –     –    –  main  /srv/tool.py:3

        """))
  }
}
