// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@Suite struct FileTests {
  @Test func eachUseIsCounted() throws {
    var story = Story()
    story.exec(10, "tool")
    story.open(10, "/etc/a")
    story.open(10, "/etc/a")
    story.open(10, "/etc/a", OpenFlags.writing)
    story.open(10, "/etc/a", error: 13)
    story.find(10, "/etc/a")
    story.change(10, .chmod, "/etc/a")
    let record = try #require(story.inspection("tool").files["/etc/a"])
    #expect(record.counts[.read] == 2)
    #expect(record.counts[.written] == 1)
    #expect(record.counts[.failed] == 1)
    #expect(record.counts[.present] == 1)
    #expect(record.counts[.modeChanged] == 1)
    #expect(record.counts.total == 6)
    #expect(record.touches.map(\.error) == [13])
    #expect(!record.isCreated)
    #expect(record.first == 100_001_000_000)
  }

  @Test func oCreatCreatesOnlyWhatWasNotThere() throws {
    var story = Story()
    story.find(10, "/etc/old")
    story.miss(10, "/etc/new")
    for path in ["/etc/old", "/etc/new", "/etc/unknown"] as [ByteString] {
      story.open(10, path, OpenFlags.creating)
    }
    story.open(10, "/etc/exclusive", OpenFlags.creatingExclusively)
    for events in [story.events, story.events.reversed()] {
      let files = Story.reduce(story.start("tool"), events).files
      #expect(files.records.filter(\.isCreated).map(\.path).sorted() == ["/etc/exclusive", "/etc/new"])
    }
  }

  @Test func readlinkOfAFileThatIsNoLinkFindsIt() throws {
    var story = Story()
    story.add(
      10,
      .lookup(
        Lookup(
          call: "readlink", target: PathArgument(requested: "/etc", path: "/etc"), error: ErrorNumber(22))))
    #expect(try #require(story.inspection("tool").files["/etc"]).counts[.present] == 1)
  }

  @Test func aRenameIsKeptWithBothNames() throws {
    var story = Story()
    story.open(10, "/tmp/x.new", OpenFlags.creatingExclusively)
    story.change(10, .rename, "/tmp/x.new", to: "/tmp/x")
    let files = story.inspection("tool").files
    #expect(files.moves.map { [$0.from, $0.to] } == [["/tmp/x.new", "/tmp/x"]])
    #expect(files["/tmp/x.new"]?.isCreated == true)
    #expect(files["/tmp/x.new"]?.isGone == true)
    #expect(files["/tmp/x"]?.counts[.renamedTo] == 1)
    #expect(files["/tmp/x"]?.isGone == false)
  }

  @Test func aFailedChangeChangesNothing() throws {
    var story = Story()
    story.change(10, .rename, "/tmp/a", to: "/tmp/b", error: 18)
    story.change(10, .unlink, "/tmp/c", error: 2)
    let files = story.inspection("tool").files
    #expect(files.moves.isEmpty)
    #expect(files["/tmp/a"]?.counts[.failed] == 1)
    #expect(files["/tmp/a"]?.counts.isChanged == false)
    #expect(files["/tmp/c"]?.counts[.absent] == 1)
  }

  @Test func theKernelsWordOnWhoMadeAFileCounts() {
    let flags: UInt64 = 0o101
    var story = Story()
    story.exec(10, "tool")
    story.open(10, "/tmp/new", flags, isCreated: true)
    story.open(10, "/tmp/new", flags, isCreated: false)
    story.open(10, "/tmp/old", flags, isCreated: false)
    // It was not there; then somebody made it who is not followed.
    story.miss(10, "/tmp/others")
    story.open(10, "/tmp/others", flags, isCreated: false)
    story.open(10, "/tmp/unknown", flags)
    let files = story.inspection("tool").files
    #expect(files["/tmp/new"]?.isCreated == true && files["/tmp/new"]?.counts[.created] == 1)
    for path in ["/tmp/old", "/tmp/others", "/tmp/unknown"] as [ByteString] {
      #expect(files[path]?.isCreated == false && files[path]?.counts[.written] == 1)
    }
    #expect(
      files["/tmp/unknown"]?.counts[.maybeCreated] == 1 && files["/tmp/old"]?.counts[.maybeCreated] == 0)
  }

  @Test func aFileWithoutANameIsMadeWhereItIsGivenOne() {
    var story = Story()
    story.exec(10, "tool")
    story.open(10, "/tmp/#77", 0o20200002)
    story.change(10, .link, "/proc/self/fd/3", to: "/tmp/kept")
    story.change(10, .link, "/proc/10/task/1/fd/3", to: "/tmp/again")
    story.change(10, .link, "/dev/fd/3", to: "/tmp/third")
    story.change(10, .link, "/tmp/kept", to: "/tmp/second")
    Self.link(&story, "/tmp/#77", to: "/tmp/fourth")
    let files = story.inspection("tool").files
    #expect(files["/tmp/kept"]?.isCreated == true && files["/tmp/#77"]?.isNamed == true)
    for name in ["kept", "again", "third", "fourth"] {
      #expect(files[ByteString("/tmp/\(name)")]?.counts[.created] == 1, "\(name)")
    }
    #expect(files["/tmp/second"]?.counts[.created] == 0 && files.moves.map(\.to) == ["/tmp/second"])
  }

  /// linkat with an empty name, which means a descriptor's file that has no name, or has lost it.
  private static func link(_ story: inout Story, _ path: ByteString, to: ByteString) {
    story.add(
      10,
      .change(
        Change(
          kind: .link, call: "linkat", target: PathArgument(requested: "", path: path, isDeleted: true),
          to: PathArgument(requested: to, path: to))))
  }

  @Test func aFileThatHadANameBeforeIsLinkedThoughADescriptorMeansIt() {
    var story = Story()
    story.exec(10, "tool")
    story.open(10, "/tmp/#77", 0o20200002)
    // The number is given anew; another process's is another file.
    story.open(10, "/tmp/old")
    story.change(10, .link, "/proc/self/fd/3", to: "/tmp/a")
    story.open(10, "/tmp/#78", 0o20200002)
    story.fork(10, 11)
    story.change(11, .link, "/proc/self/fd/3", to: "/tmp/b")
    story.change(10, .link, "/proc/11/fd/3", to: "/tmp/c")
    // One name of two.
    story.change(10, .unlink, "/tmp/old")
    Self.link(&story, "/tmp/old", to: "/tmp/d")
    let files = story.inspection("tool").files
    #expect(files.moves.map(\.to) == ["/tmp/a", "/tmp/b", "/tmp/c", "/tmp/d"])
    #expect(files.records.allSatisfy { $0.counts[.created] == 0 && !$0.isNamed })
    #expect(files["/tmp/old"]?.isGone == true)
  }

  @Test func whatIsDoneWithADeletedFileDoesNotBringItBack() {
    var story = Story()
    story.exec(10, "tool")
    story.open(10, "/tmp/a", 0o302, isCreated: true)
    story.change(10, .unlink, "/tmp/a")
    var change = Change(
      kind: .truncate, call: "ftruncate",
      target: PathArgument(requested: nil, path: "/tmp/a", isDeleted: true))
    story.add(10, .change(change))
    change.kind = .chmod
    change.mode = 0o600
    story.add(10, .change(change))
    #expect(story.inspection("tool").files["/tmp/a"]?.isGone == true)
  }

  @Test func whatWasDeletedBeforeItWasMadeAnewIsNotTheRunsOwn() {
    var story = Story()
    story.exec(10, "tool")
    story.change(10, .unlink, "/tmp/old")
    story.open(10, "/tmp/old", 0o101, isCreated: true)
    story.change(10, .rmdir, "/tmp/folder")
    story.change(10, .mkdir, "/tmp/folder")
    // Its own, twice.
    story.open(10, "/tmp/lock", 0o301, isCreated: true)
    story.change(10, .unlink, "/tmp/lock")
    story.open(10, "/tmp/lock", 0o301, isCreated: true)
    let files = story.inspection("tool").files
    #expect(files["/tmp/old"]?.isCreated == false && files["/tmp/folder"]?.isCreated == false)
    #expect(files["/tmp/old"]?.isMadeAnew == true && files["/tmp/folder"]?.isMadeAnew == true)
    #expect(files["/tmp/lock"]?.isCreated == true && files["/tmp/lock"]?.isMadeAnew == false)
  }

  @Test func whoOpensThroughALinkUsedTheLink() throws {
    var story = Story()
    story.exec(10, "tool")
    story.find(10, "/home/ada/.toolrc")
    story.add(
      10,
      .open(
        Open(
          target: PathArgument(requested: "/home//ada/./.toolrc", path: "/srv/dotfiles/toolrc"),
          flags: OpenFlags(rawValue: 0), mode: 0, result: .descriptor(3))))
    let files = story.inspection("tool").files
    #expect(files["/home/ada/.toolrc"]?.touches.map(\.found) == [[.present, .read]])
    #expect(files["/home/ada/.toolrc"]?.counts[.read] == 0)
    #expect(files["/srv/dotfiles/toolrc"]?.counts[.read] == 1)
  }

  @Test func aNameThatCouldNotBeReadIsCounted() {
    var story = Story()
    story.add(
      10,
      .open(
        Open(
          target: PathArgument(requested: nil, path: nil, isUnreadable: true), flags: OpenFlags(rawValue: 0),
          mode: 0, result: .error(ErrorNumber(14)))))
    // An empty one was read: it leads nowhere.
    story.add(
      10,
      .open(
        Open(
          target: PathArgument(requested: "", path: nil), flags: OpenFlags(rawValue: 0), mode: 0,
          result: .error(ErrorNumber(2)))))
    #expect(story.inspection("tool").files.unnamed == 1)
  }

  @Test func connectionsAreCountedByProcessAddressAndOutcome() throws {
    var story = Story()
    story.exec(10, "curl")
    story.connect(10, [127, 0, 0, 1], 80, latency: 3_000)
    story.connect(10, [127, 0, 0, 1], 80, latency: 9_000)
    story.connect(10, [127, 0, 0, 1], 80, error: 111, latency: 2_000)
    story.connect(10, [127, 0, 0, 1], 81, isPending: true)
    let connections = story.inspection("curl").connections.entries
    #expect(connections.count == 2)
    let first = try #require(connections.first)
    #expect(first.count == 3)
    let connected = try #require(first.outcomes[.connected])
    #expect(connected == .init(count: 2, range: 3_000...9_000))
    #expect(first.outcomes[.failed(ErrorNumber(111))]?.count == 1)
    #expect(connections.last?.outcomes.keys.map { $0 } == [.pending])
  }

  @Test func lossesAddUpByReason() {
    var inspection = Story().inspection("x")
    inspection.lose(Loss(reason: "ring-full", count: 2))
    inspection.lose(Loss(reason: "queue-full", count: 1))
    inspection.lose(Loss(reason: "ring-full", count: 3))
    #expect(inspection.losses == [Loss(reason: "ring-full", count: 5), Loss(reason: "queue-full", count: 1)])
  }
}

extension FileTests {
  @Test func aFileAskedForAsADirectoryIsNotAbsent() throws {
    var story = Story()
    story.exec(10, "vim")
    story.open(10, "/etc/vim/rrhelper.vim", OpenFlags.listing, error: 20)
    story.open(10, "/etc/vimrc/below", error: 20)
    story.change(10, .rmdir, "/etc/file", error: 20)
    let files = story.inspection("vim").files
    #expect(files["/etc/vim/rrhelper.vim"]?.counts[.absent] == 0)
    #expect(files["/etc/vim/rrhelper.vim"]?.counts[.failed] == 1)
    #expect(files["/etc/vimrc/below"]?.counts[.absent] == 1)
    #expect(files["/etc/file"]?.counts[.absent] == 0)
  }
}
