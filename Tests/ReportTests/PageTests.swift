// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

@Suite struct PageTests {
  /// A wrapper that runs two Ansible programs: one finds no configuration, the other the project's.
  static var wrapper: Story {
    var story = Story()
    story.exec(10, "/bin/bash ./wrapper.sh", exe: "/usr/bin/bash", script: "./wrapper.sh")
    story.fork(10, 11)
    story.miss(11, "/usr/local/bin/ansible-galaxy")
    story.find(11, "/usr/bin/ansible-galaxy")
    story.exec(
      11, "/usr/bin/python3 /usr/bin/ansible-galaxy install banner", exe: "/usr/bin/python3.11",
      script: "/usr/bin/ansible-galaxy")
    story.miss(11, "/home/ada/site/ansible.cfg")
    story.miss(11, "/home/ada/.ansible.cfg")
    story.miss(11, "/etc/ansible/ansible.cfg")
    story.open(11, "/usr/lib/python3.11/os.py")
    story.open(11, "/usr/lib/python3.11/abc.py")
    story.change(11, .mkdir, "/home/ada/site/roles")
    story.open(11, "/home/ada/site/roles/banner.yml", OpenFlags.creating)
    story.connect(11, [127, 0, 0, 1], 8080)
    story.connect(11, [127, 0, 0, 1], 8081, error: 111, latency: 31_000)
    story.exit(11, .code(1))
    story.fork(10, 12)
    story.exec(
      12, "/usr/bin/python3 /usr/bin/ansible-playbook site.yml", exe: "/usr/bin/python3.11",
      script: "/usr/bin/ansible-playbook", cwd: "/home/ada/site/work")
    story.find(12, "/home/ada/site/work/ansible.cfg")
    story.open(12, "/home/ada/site/work/ansible.cfg")
    story.open(12, "/home/ada/site/work/site.yml")
    story.open(12, "/home/ada/.ssh/config")
    story.open(12, "/etc/hosts")
    for pid in 13...15 as ClosedRange<Int32> {
      story.fork(12, pid)
      story.exec(pid, "sleep 0")
      story.exit(pid)
    }
    story.exit(12)
    story.exit(10)
    return story
  }

  static let wrapperPage = """
    honeyguide: ./wrapper.sh exited 0 after 33.0 ms; 6 processes, 33 events, nothing lost

    What ran
       32.0 ms  ./wrapper.sh
       13.0 ms  ├─ /usr/bin/ansible-galaxy install banner  exit 1
       16.0 ms  └─ /usr/bin/ansible-playbook site.yml
                   └─ sleep 0 ×3, longest 2.00 ms

    Where it connected
      127.0.0.1:8080  ansible-galaxy  connected in 1.20 ms
      127.0.0.1:8081  ansible-galaxy  refused after 31.0 µs

    What it read  6 files
      ./work/  ansible.cfg  site.yml
      ~/.ssh/config
      /etc/hosts
      and 2 Python library files below /usr/lib/python3.11

    What it changed  2 paths
      created   ./roles/banner.yml

    What it looked for, in the order tried  ✓ used  • there  ✗ not there
      ansible.cfg  ansible-galaxy    ✗ ./ansible.cfg  ✗ ~/.ansible.cfg  ✗ /etc/ansible/ansible.cfg
                                     none found
                   ansible-playbook  ✓ ./work/ansible.cfg
      looked for 1 program along PATH, and found it

    """

  static func page(_ story: Story, _ command: ByteString..., style: PageStyle = PageStyle()) -> String {
    var start = story.start()
    start.command = command
    return String(
      decoding: Page.render(Story.reduce(start, story.events), end: story.end(), style: style), as: UTF8.self)
  }

  @Test func aWrappersPageTellsWhichConfigurationIsUsed() {
    #expect(Self.page(Self.wrapper, "./wrapper.sh") == Self.wrapperPage)
  }

  @Test func everyInterleavingOfTwoProcessesGivesTheSamePage() {
    var story = Story()
    story.exec(10, "sh")
    story.fork(10, 11)
    story.miss(11, "/home/ada/.b.conf")
    story.open(10, "/home/ada/.a.conf")
    story.exec(11, "tool -v")
    story.miss(11, "/home/ada/site/b.conf")
    story.open(11, "/etc/b.conf")
    story.connect(11, [10, 0, 0, 1], 443, error: 110, latency: 2_000_000_000)
    story.exit(11, .signal(15, coreDumped: false))
    story.exit(10)
    let expected = Self.page(story, "sh")
    #expect(expected.contains("b.conf  sh    ✗ ~/.b.conf"))
    #expect(expected.contains("tool  ✗ ./b.conf  ✓ /etc/b.conf"))
    let parent = story.events.filter { $0.process.pid == 10 }
    let child = story.events.filter { $0.process.pid == 11 }
    var count = 0
    for choice in 0..<(1 << story.events.count) where choice.nonzeroBitCount == parent.count {
      var rest = (parent[...], child[...])
      var mixed = story
      mixed.events = story.events.indices.map { index in
        choice >> index & 1 == 1 ? rest.0.removeFirst() : rest.1.removeFirst()
      }
      count += 1
      if Self.page(mixed, "sh") != expected {
        #expect(Self.page(mixed, "sh") == expected, "\(mixed.events.map(\.process.pid))")
        break
      }
    }
    // 10 events: 4 of the parent, 6 of the child.
    #expect(count == 210)
  }

  @Test func noOrderOfEventsIsTooOdd() {
    var random = Seeded(state: 7)
    for _ in 0..<100 {
      var story = Self.wrapper
      story.events.shuffle(using: &random)
      let page = Self.page(story, "./wrapper.sh")
      #expect(page.hasPrefix("honeyguide: ./wrapper.sh exited 0 after 33.0 ms; 6 processes, 33 events"))
      #expect(page.contains("└─ sleep 0 ×3, longest "))
    }
    var story = Self.wrapper
    for index in story.events.indices {
      story.events = Self.wrapper.events
      story.events.remove(at: index)
      #expect(Self.page(story, "./wrapper.sh").contains("What ran\n"))
    }
  }

  @Test func theFirstLineSaysThatSecretsAreShown() {
    var start = Story().start("true")
    start.showsSecrets = true
    let page = Page.render(Story.reduce(start, []), end: Story().end(), style: PageStyle())
    #expect(
      String(decoding: page, as: UTF8.self).hasPrefix("honeyguide (secrets are shown): true exited 0 after "))
  }

  @Test func aPageOfNothingHasItsFirstLine() {
    var story = Story()
    story.events = []
    #expect(
      Self.page(story, "true")
        == """
        honeyguide: true exited 0 after 0 ns; 0 processes, 0 events, nothing lost

        What ran  no process was seen

        Where it connected  nowhere: no connection, no datagram

        What it read  no file that it opened itself

        What it changed  no file was made, written, renamed or deleted

        What it looked for  all of it was there

        """)
  }

  @Test func whatWasLostAndWhatStillRunsIsSaidFirst() {
    var story = Story()
    story.exec(10, "sh")
    story.fork(10, 11)
    story.exec(11, "sleep 1000")
    story.exit(10, .signal(9, coreDumped: true))
    let end = SessionEnd(
      status: .signal(9, coreDumped: true), time: story.clock,
      losses: [Loss(reason: "ring-full", count: 1_200), Loss(reason: "not-decoded-x32", count: 1)],
      events: 4, notes: ["The environment of sudo could not be read."])
    let page = String(
      decoding: Page.render(story.inspection("sh"), end: end, style: PageStyle()), as: UTF8.self)
    #expect(
      page == """
        honeyguide: sh was killed by SIGKILL and dumped core after 4.00 ms; 2 processes, 4 events, 1 201 events lost
          Lost: 1 200 ring-full, 1 not-decoded-x32. What follows is true, but may lack something.
          1 process still runs, or its end was lost.
          The environment of sudo could not be read.

        What ran
             3.00 ms  sh  SIGKILL, core dumped
        end not seen  └─ sleep 1000

        Where it connected  nowhere: no connection, no datagram; some events were lost

        What it read  no file that it opened itself; some events were lost

        What it changed  no file was made, written, renamed or deleted; some events were lost

        What it looked for  all of it was there; some events were lost

        """)
  }

  @Test func aSearchAlongPATHIsOneLineWithTheProgram() {
    var story = Story()
    story.exec(10, "env git status")
    for directory in ["/usr/local/bin", "/opt/bin", "/snap/bin"] {
      story.failExec(10, ByteString(directory + "/git"))
    }
    story.exec(10, "git status")
    story.fork(10, 11)
    for directory in ["/usr/local/bin", "/usr/bin"] { story.failExec(11, ByteString(directory + "/less")) }
    story.exit(11, .code(127))
    story.exit(10)
    let page = Self.page(story, "env", "git", "status")
    #expect(
      page.contains(
        """
           9.00 ms  env git status → git status
           3.00 ms  └─ (fork of git) (less: not found in 2 directories)  exit 127

        """))
  }

  @Test func whatWasChangedIsToldByItsResult() {
    var story = Story()
    story.exec(10, "editor")
    // Written under another name, then renamed: one file was written.
    story.find(10, "/home/ada/site/old.txt")
    story.open(10, "/home/ada/site/.old.swp", OpenFlags.creatingExclusively)
    story.change(10, .rename, "/home/ada/site/.old.swp", to: "/home/ada/site/old.txt")
    story.miss(10, "/home/ada/site/new.txt")
    story.open(10, "/home/ada/site/.new.swp", OpenFlags.creatingExclusively)
    story.change(10, .rename, "/home/ada/site/.new.swp", to: "/home/ada/site/new.txt")
    // A directory that comes and goes, with what is in it.
    story.change(10, .mkdir, "/tmp/x1")
    story.open(10, "/tmp/x1/a", OpenFlags.creating)
    story.open(10, "/tmp/x1/a")
    story.change(10, .unlink, "/tmp/x1/a")
    story.change(10, .rmdir, "/tmp/x1")
    story.change(10, .unlink, "/home/ada/site/gone.txt")
    story.change(10, .rename, "/home/ada/a", to: "/home/ada/b")
    story.change(10, .chmod, "/home/ada/site/run.sh")
    story.open(10, "/home/ada/state.db", OpenFlags.readWriting)
    story.open(10, "/dev/null", OpenFlags.writing)
    story.change(10, .symlink, "/home/ada/site/current", to: "releases/7")
    story.exit(10)
    let page = Self.page(story, "editor")
    #expect(
      page.contains(
        """
        What it changed  7 paths
          created   ./new.txt
          wrote     ./old.txt
          opened rw ~/state.db
          renamed   ~/a → ~/b
          linked    ./current → releases/7
          mode      ./run.sh
          deleted   ./gone.txt
          and 2 temporary files came and went below /tmp

        """))
    #expect(page.contains("What it read  no file that it opened itself\n"))
  }

  @Test func whatMemoryCouldNotHoldIsCountedByDirectory() {
    var limits = Limits()
    limits.paths = 10
    var story = Story()
    story.exec(10, "tar")
    for number in 10..<30 {
      story.open(10, ByteString("/home/ada/site/x/\(number)"), OpenFlags.creatingExclusively)
    }
    story.exit(10)
    let inspection = Story.reduce(story.start("tar"), story.events, limits: limits)
    let page = String(
      decoding: Page.render(inspection, end: story.end(), style: PageStyle()), as: UTF8.self)
    // 21 paths with the executable; each time there are 11, 5 stay.
    #expect(
      page.contains(
        "  12 names, the least used, are counted by directory alone: memory holds 10 one by one.\n"))
    #expect(
      page.contains(
        """
        What is counted by directory alone
          12 names in ./x  written ×12, created ×12

        """))
  }

  @Test func aRefusalIsToldWithItsReason() {
    var story = Story()
    story.exec(10, "cat")
    story.open(10, "/etc/shadow", error: 13)
    story.miss(10, "/home/ada/.catrc")
    story.open(10, "/etc/catrc", error: 13)
    story.exit(10)
    let page = Self.page(story, "cat")
    #expect(page.contains("  catrc  cat  ✗ ~/.catrc  ✗ /etc/catrc (permission denied)  none found\n"))
    #expect(page.contains("  ✗ /etc/shadow (permission denied)  cat\n"))
  }

  @Test func whatWasFoundInAnyWayIsNeverNotThere() {
    var story = Story()
    story.exec(10, "vim")
    story.open(10, "/etc/vim/rrhelper.vim", OpenFlags.listing, error: 20)
    story.find(10, "/etc/vim/rrhelper.vim")
    story.open(10, "/etc/vim/rrhelper.vim")
    story.miss(10, "/etc/vim/late.vim")
    story.fork(10, 11)
    story.exec(11, "tool")
    story.find(11, "/etc/vim/late.vim")
    story.exit(11)
    story.exit(10)
    let page = Self.page(story, "vim")
    #expect(!page.contains("not there  "))
    #expect(!page.contains("✗ /etc/vim/rrhelper.vim"))
    #expect(page.contains("/etc/vim/rrhelper.vim\n"))
  }

  @Test func theFullPageNamesEachFileWithAllThatWasDone() {
    let page = Self.page(Self.wrapper, "./wrapper.sh", style: PageStyle(columns: 40, isFull: true))
    #expect(page.contains("  /usr/lib/python3.11/abc.py  read  ansible-galaxy\n"))
    #expect(page.contains("  ./work/ansible.cfg  read, looked up  ansible-playbook\n"))
    #expect(page.contains("sleep 0  (runs /usr/bin/sleep)  [pid 13, cpu 3.00 ms, 4 096 KiB]\n"))
    #expect(page.contains("127.0.0.1:8081  ansible-galaxy [pid 11]  refused after 31.0 µs\n"))
    #expect(!page.contains("…"))
  }
}

/// The same numbers on every machine (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
