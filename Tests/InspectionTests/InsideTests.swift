// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@Suite struct InsideTests {
  @Test func answersAreMergedByProgramAndProcessesAreCounted() throws {
    var story = Story()
    story.exec(10, "sh")
    for pid in 11...13 as ClosedRange<Int32> {
      story.fork(10, pid)
      story.exec(pid, "git status")
      story.read(pid, "PAGER", default: "less", source: .libc, count: 2)
      story.read(pid, "HOME", "/home/ada", source: .libc)
    }
    story.read(10, "HOME", "/root", source: .bash)
    story.read(10, nil)
    let table = story.inspection("sh").environment
    #expect(table.variables.map(\.name) == ["PAGER", "HOME"])
    let pager = try #require(table.variables[0].answers.first)
    #expect(table.variables[0].answers.count == 1)
    #expect(pager.count == 6 && pager.processes == 3 && !pager.isSet && pager.fallback == "less")
    #expect(table.variables[1].answers.map(\.value) == ["/home/ada", "/root"])
    #expect(table.variables[1].answers.map(\.source) == [.libc, .bash])
    #expect(table.whole.count == 1)
    #expect(table.variables[0].isSet == false && table.variables[1].isSet)
  }

  @Test func functionsAreSummedOverTheTreeAndKeptByProcess() {
    var story = Story()
    story.exec(10, "python3 a.py")
    story.function(10, "A.f", "a.py", 3, calls: 4, total: 40, own: 10, longest: 30)
    story.fork(10, 11)
    story.function(11, "A.f", "a.py", 3, calls: 1, total: 50, own: 50, longest: 50)
    story.function(11, "B.f", "a.py", 3, calls: 9, total: 1, own: 1)
    // The same function, made anew within one process.
    story.function(11, "A.f", "a.py", 3, calls: 1, total: 5, own: 5)
    let table = story.inspection("python3").profiles
    #expect(table.functions.map(\.qualifiedName) == ["A.f", "B.f"])
    #expect(table.sums[0].calls == 6 && table.sums[0].total == 95_000 && table.sums[0].own == 65_000)
    #expect(table.sums[0].shortest == 1_000 && table.sums[0].longest == 50_000)
    #expect(table.sums[0].mean == 95_000 / 6)
    #expect(table.processes.map(\.process.pid) == [10, 11])
    #expect(table.processes[1].profiles[0]?.calls == 2)
    #expect(table.processes[1].profiles[1]?.calls == 9)
    #expect(table.sum.calls == 15)
  }

  @Test func whatAHostileTableClaimsDoesNotOverflow() {
    var story = Story()
    story.exec(10, "evil")
    let most = UInt64.max
    for _ in 0..<3 {
      story.read(10, "A", count: most)
      story.read(10, nil, count: most)
      story.interpret(10, lost: most)
      story.add(
        10,
        .function(
          FunctionProfile(
            version: nil, file: "f", line: .max, name: "n", qualifiedName: nil, calls: most, resumes: most,
            total: most, own: most, shortest: most, longest: most, unfinished: most, exceptions: most)))
    }
    let inspection = story.inspection("evil")
    #expect(inspection.environment.variables[0].answers[0].count == most)
    #expect(inspection.profiles.sums[0].calls == most)
    #expect(inspection.profiles.sums[0].mean == 1)
    #expect(inspection.profiles.lostCalls == most)
  }

  @Test func aStormOfVariablesAndAnswersIsBoundedAndCounted() {
    var limits = Limits()
    limits.variables = 100
    limits.answersOfVariable = 10
    limits.environmentBytes = 50_000
    var story = Story()
    for number in 0..<1_000 {
      story.read(10, ByteString("NAME_\(number)"))
      story.read(10, "SAME", ByteString("value-\(number)"))
      story.read(10, "LONG", ByteString([UInt8](repeating: 65, count: 4_000)))
    }
    let table = Story.reduce(story.start("x"), story.events, limits: limits).environment
    #expect(table.variables.count == 100)
    let kept = table.variables.reduce(0) { $0 + $1.answers.reduce(0) { $0 + Int($1.count) } }
    let omitted = table.variables.reduce(0) { $0 + Int($1.omitted) }
    #expect(kept + omitted + Int(table.others) == 3_000)
    #expect(table.others == 1_000 - 98)
    #expect(table.variables[1].answers.count == 10)
  }

  @Test func manyFunctionsOfManyProcessesFitAndTheLargestAreKept() {
    var limits = Limits()
    limits.functions = 2_000
    limits.functionsOfProcesses = 4_000
    limits.profiledProcesses = 50
    var story = Story()
    var inspection = story.inspection("python3")
    inspection = Inspection(story.start("python3"), limits: limits)
    var calls: UInt64 = 0
    for pid in 10..<80 as Range<Int32> {
      for number in 0..<1_000 as Range<UInt64> {
        // Half of them nobody else has.
        let name = number % 2 == 0 ? "f\(number)" : "f\(pid)-\(number)"
        story.function(pid, name, "a.py", 1, calls: number, total: number, own: 1_000 - number)
        calls += number
      }
      for event in story.events { inspection.apply(event) }
      story.events = []
    }
    let table = inspection.profiles
    #expect(table.functions.count == 2_000)
    #expect(table.others.count == 70 * 1_000 - kept(table))
    #expect(table.sum.calls == calls)
    #expect(table.processes.count == 50)
    #expect(table.processes.reduce(0) { $0 + $1.profiles.count } <= 4_000)
    #expect(table.processes.allSatisfy { $0.sum.calls == 499_500 && $0.functions == 1_000 })
    for observed in table.processes {
      #expect(observed.profiles.values.contains { $0.calls == 998 })
      #expect(observed.profiles.values.contains { $0.own == 1_000_000 })
    }
  }

  /// Function events that found their function in the table: 500 names are everybody's, the others were first come.
  private func kept(_ table: ProfileTable) -> Int { 70 * 500 + (table.functions.count - 500) }
}
