// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@Suite struct BoundTests {
  @Test func threeHundredThousandPathsFitIntoTheBudgetAndNoneIsForgotten() {
    var story = Story()
    story.exec(10, "tar xf big.tar")
    story.miss(10, "/home/ada/site/ansible.cfg")
    story.miss(10, "/home/ada/.ansible.cfg")
    story.miss(10, "/etc/ansible/ansible.cfg")
    var inspection = story.inspection("tar")
    var peak = 0
    story.events = []
    for number in 0..<300_000 {
      story.open(
        10, ByteString("/home/ada/site/files/directory-\(number % 977)/a-name-of-usual-length-\(number).txt"))
      inspection.apply(story.events[0])
      story.events = []
      if number % 1_000 == 0 { peak = max(peak, inspection.memory) }
    }
    #expect(peak <= 64 << 20)
    #expect(inspection.files.records.count <= 100_000)
    let folded = inspection.files.folded.values.reduce(0) { $0 + $1.names }
    // The three look-ups, the executable, and the files.
    #expect(inspection.files.records.count + folded == 300_004)
    #expect(
      inspection.files.folded.values.reduce(0) { $0 + Int($1.counts[.read]) }
        + inspection.files.records.reduce(0) { $0 + Int($1.counts[.read]) } == 300_000)
    // The names of the crowd are folded, the three of the search are not.
    for path in ["/home/ada/site/ansible.cfg", "/home/ada/.ansible.cfg", "/etc/ansible/ansible.cfg"]
      as [ByteString]
    {
      #expect(inspection.files[path] != nil)
    }
  }

  @Test func longPathsAreFoldedBeforeTheyFillTheBudget() {
    var limits = Limits()
    limits.pathBytes = 1 << 20
    var story = Story()
    let long = String(repeating: "x", count: 4_000)
    for number in 0..<2_000 { story.open(10, ByteString("/\(long)/\(number)")) }
    let files = Story.reduce(story.start("x"), story.events, limits: limits).files
    #expect(files.records.reduce(0) { $0 + $1.path.count } <= 1 << 20)
    #expect(files.records.count + (files.folded.values.reduce(0) { $0 + $1.names }) == 2_000)
  }

  @Test func directoriesOfFoldedPathsAreBoundedToo() {
    var limits = Limits()
    limits.paths = 100
    var story = Story()
    for number in 0..<30_000 { story.open(10, ByteString("/a/b\(number)/c\(number)/d")) }
    let files = Story.reduce(story.start("x"), story.events, limits: limits).files
    #expect(files.folded.count <= 8_192)
    #expect(files.records.count + (files.folded.values.reduce(0) { $0 + $1.names }) == 30_000)
  }

  enum Storm: CaseIterable { case alike, manyArguments, manyPrograms, chain, shells }

  @Test(arguments: Storm.allCases)
  func aStormOfProcessesIsBoundedAndCounted(storm: Storm) {
    var limits = Limits()
    limits.processes = 1_000
    var story = Story()
    story.exec(1, "storm")
    var inspection = Story.reduce(story.start("storm"), story.events, limits: limits)
    var peak = 0
    for number in 0..<20_000 {
      let pid = Int32(number + 2)
      story.events = []
      switch storm {
      case .alike:
        story.fork(1, pid)
        story.exec(pid, "true")
      case .manyArguments:
        story.fork(1, pid)
        story.exec(pid, "echo \(number)")
      case .manyPrograms:
        story.fork(1, pid)
        story.exec(pid, "program-\(number)")
      case .chain:
        story.fork(pid - 1, pid)
        if number > 0 { story.exit(pid - 1) }
        story.exec(pid, number % 2 == 0 ? "ping \(number)" : "pong \(number)")
      case .shells:
        story.fork(pid & 1 == 0 ? 1 : pid - 1, pid)
        story.exec(pid, pid & 1 == 0 ? "sh" : "ls")
        if pid & 1 == 1 { story.exit(pid - 1) }
      }
      if storm != .chain, storm != .shells || pid & 1 == 1 { story.exit(pid, .code(Int32(number % 2))) }
      for event in story.events { inspection.apply(event) }
      peak = max(peak, inspection.processes.entries.count)
    }
    #expect(peak <= 2_000)
    #expect(inspection.processes.seen == 20_001)
    #expect(inspection.processes.entries.reduce(0) { $0 + $1.count } == 20_001)
    let tree = inspection.processes.tree
    #expect(tree.roots.map { tree.processes[$0].id.pid } == [1])
    #expect(inspection.processes.running.map(\.id.pid).contains(1))
    let failed = inspection.processes.entries.reduce(0) {
      $0 + ($1.folded?.statuses[.code(1)] ?? ($1.exit?.status == .code(1) ? 1 : 0))
    }
    #expect(failed == ([.chain, .shells].contains(storm) ? (storm == .shells ? 10_000 : 0) : 10_000))
  }

  @Test func oneProcessThatExecutesForeverIsBounded() {
    var story = Story()
    for number in 0..<1_000 { story.exec(10, "again \(number)") }
    let process = story.inspection("again").processes[story.id(10)]
    #expect(process?.steps.count == 64)
    #expect(process?.omittedSteps == 936)
    #expect(process?.images.first?.argv == ["again", "0"])
    #expect(process?.images.last?.argv == ["again", "999"])
  }

  @Test func hugeArgumentsAreCutOnceThereAreMany() {
    var limits = Limits()
    limits.processBytes = 4 << 20
    var story = Story()
    let argument = ByteString([UInt8](repeating: 65, count: 100_000))
    story.exec(1, "storm")
    for pid in 2..<200 as Range<Int32> {
      story.fork(1, pid)
      story.exec(pid, ["tool", argument])
    }
    let inspection = Story.reduce(story.start("storm"), story.events, limits: limits)
    #expect(inspection.memory < 5 << 20)
    let last = inspection.processes[story.id(199)]?.images.first
    #expect(last?.isArgvTruncated == true)
    #expect(last?.argvSize == 100_006)
    #expect(last?.argv.last?.count == 1_019)
    #expect(inspection.processes[story.id(2)]?.images.first?.isArgvTruncated == false)
  }

  @Test func aScanOfManyAddressesIsBoundedAndCounted() {
    var limits = Limits()
    limits.connections = 100
    var story = Story()
    story.exec(10, "scan")
    for number in 0..<1_000 {
      story.connect(10, [10, 0, UInt8(number >> 8), UInt8(number & 255)], 22, error: 111)
    }
    let connections = Story.reduce(story.start("scan"), story.events, limits: limits).connections.entries
    #expect(connections.count == 201)
    #expect(connections.reduce(0) { $0 + $1.count } == 1_000)
    #expect(connections.last?.isFolded == true)
  }
}
