// SPDX-License-Identifier: Apache-2.0
import Inspection
import Stories
import Testing

@testable import Report

/// What the page says of the inside of programs: their environment, and Python's functions.
@Suite struct PageInsideTests {
  /// A wrapper that runs ansible-playbook, which runs git three times.
  static var story: Story {
    var story = Story()
    story.exec(10, "/bin/bash ./wrapper.sh", exe: "/usr/bin/bash", script: "./wrapper.sh")
    story.fork(10, 11)
    story.exec(
      11, "/usr/bin/python3 /usr/bin/ansible-playbook site.yml", exe: "/usr/bin/python3.11",
      script: "/usr/bin/ansible-playbook")
    for name in ["PYTHONPATH", "PYTHONHOME", "LC_ALL", "TZ"] as [ByteString] {
      story.read(11, name, source: .libc)
    }
    story.read(11, "LANG", "C.UTF-8", source: .libc)
    story.read(11, "HOME", "/home/ada", count: 7)
    story.read(11, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
    story.read(11, "SITE_ENV", "staging")
    story.read(11, "ANSIBLE_CONFIG")
    for number in 1...60 { story.read(11, ByteString("ANSIBLE_OPTION_\(number)")) }
    story.read(11, "PAGER", default: "less")
    story.read(11, "ANSIBLE_HOME", "/srv/ansible")
    story.read(11, nil, count: 2)
    for pid in 12...14 as ClosedRange<Int32> {
      story.fork(11, pid)
      story.exec(pid, "git fetch")
      story.read(pid, "HOME", "/home/ada", source: .libc)
      story.read(pid, "GIT_DIR", source: .libc)
      story.read(pid, "SITE_ENV", source: .libc)
      story.exit(pid)
    }
    story.function(
      11, "<module>", "/usr/bin/ansible-playbook", 1, calls: 1, total: 2_000_000, own: 1_000)
    story.function(
      11, "Runner.run", "lib/runner.py", 12, calls: 40, total: 1_600_000, own: 90_000, longest: 80_000)
    story.function(
      11, "wait", "/usr/lib/python3.11/subprocess.py", 1259, calls: 3, total: 800_000, own: 800_000)
    story.function(
      11, "_find_and_load", "<frozen importlib._bootstrap>", 1165, calls: 900, total: 300_000, own: 9_000)
    story.interpret(11)
    story.exit(11)
    story.exit(10)
    return story
  }

  static let expected = """
    Which environment variables it looked up  5 set, 67 not set
      ANSIBLE_HOME  /srv/ansible                      ansible-playbook
      SITE_ENV      staging                           ansible-playbook
                    not set                           git ×3
      HOME          /home/ada                         ansible-playbook, git ×3
      PATH          /usr/local/sbin:/usr/local/bin:…  ansible-playbook
      not set  ansible-playbook: ANSIBLE_CONFIG  ANSIBLE_OPTION_1  ANSIBLE_OPTION_2  ANSIBLE_OPTION_3
                 57 more ANSIBLE_*  PAGER (default less)
               git: GIT_DIR
      the whole environment at once: ansible-playbook
      interpreter, loader and locale: 4 not set, LANG=C.UTF-8

    Where its Python time went  900 ms, waiting included, in 1 process of 3.11.2; 944 calls of 4 functions
         self   total  calls     mean      max  function
       800 ms  800 ms      3   267 ms   800 ms  wait  /usr/lib/python3.11/subprocess.py:1259
      90.0 ms  1.60 s     40  40.0 ms  80.0 ms  Runner.run  ./lib/runner.py:12
      1.00 ms  2.00 s      1   2.00 s   2.00 s  <module>  /usr/bin/ansible-playbook:1
      importing modules took 300 ms, 9.00 ms of it the importing itself: 900 calls of 1 function

    """

  /// The page from the environment on, or from Python on where there is none.
  static func inside(_ story: Story, _ style: PageStyle = PageStyle()) -> String {
    let page = PageTests.page(story, "./wrapper.sh", style: style)
    let start =
      page.firstRange(of: "\nWhich environment")?.lowerBound
      ?? page.firstRange(of: "\nPython  ")?.lowerBound
      ?? page.firstRange(of: "\nWhere its Python")?.lowerBound
    return start.map { String(page[$0...].dropFirst()) } ?? ""
  }

  @Test func thePageTellsWhichVariablesAreLookedUpAndWhereTheTimeGoes() {
    #expect(Self.inside(Self.story) == Self.expected)
  }

  @Test func whatBashKeepsForItselfIsOneLine() {
    var story = Story()
    story.exec(10, "bash ./wrapper.sh")
    story.read(10, "SITE", "staging", source: .bash)
    story.read(10, "CDPATH", source: .bash)
    story.read(10, "BASH_ENV", "/etc/setup", source: .bash)
    for name in ["BASH_SOURCE", "IFS", "PIPESTATUS", "GROUPS"] as [ByteString] {
      story.read(10, name, source: .bash)
    }
    story.read(10, "IFS", ",", source: .bash)
    story.read(10, "GROUPS", source: .libc)
    story.exit(10)
    let page = PageTests.page(story, "./wrapper.sh")
    let start = page.firstRange(of: "\nWhich variables")?.upperBound
    #expect(
      start.map { page[$0...] } == """
         it looked up, bash's among them  3 set, 4 not set
          SITE      staging     wrapper.sh
          BASH_ENV  /etc/setup  wrapper.sh
          not set  wrapper.sh: GROUPS
          bash's own purposes: 4 more variables

        """)
  }

  @Test func whereNothingIsKnownOfTheInsideThereIsNoWordOfIt() {
    #expect(Self.inside(PageTests.wrapper) == "")
  }

  @Test func theFullPageHasALineForEachVariableAndEachFunctionOfEachProcess() {
    var story = Self.story
    story.function(12, "main", "/usr/bin/helper", 3, calls: 2, total: 500, own: 500)
    let text = Self.inside(story, PageStyle(columns: 40, isFull: true))
    for number in 1...60 {
      #expect(text.contains("\n  ANSIBLE_OPTION_\(number) "))
    }
    #expect(text.contains("  ansible-playbook, git ×3  10 look-ups (libc, python)\n"))
    #expect(text.contains("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin  ansible-playbook"))
    #expect(text.contains("\n  PYTHONPATH "))
    #expect(text.contains("\n  the whole environment at once: ansible-playbook  2 look-ups (python)\n"))
    #expect(text.contains("\n  ansible-playbook  pid 11, 3.11.2: 944 calls of 4 functions\n"))
    #expect(
      text.contains(
        """

          git  pid 12, 3.11.2: 2 calls of 1 function
              self   total  calls    mean     max  function
            500 µs  500 µs      2  250 µs  500 µs  main  /usr/bin/helper:3

        """))
  }

  @Test func aGeneratorsLineTellsHowOftenItWentOn() {
    var story = Self.story
    story.function(
      11, "rows.<locals>.<genexpr>", "/srv/a/very/long/way/to/go/before/one/gets/to/the/file/rows.py", 3,
      calls: 20, resumes: 400_000, total: 30_000_000, own: 30_000_000, longest: 40_000)
    let text = Self.inside(story, PageStyle(columns: 110))
    let line = text.split(separator: "\n").first { $0.contains("genexpr") } ?? ""
    #expect(line.contains("  75.0 µs  40.0 ms  rows.<locals>.<genexpr>  "), "\(line)")
    #expect(line.hasSuffix("/rows.py:3  resumed 400 000 times"), "\(line)")
    #expect(line.count <= 110)
  }

  @Test func functionsAreListedInTheOrderThatIsAskedForAndAsManyAsAreAskedFor() {
    func names(_ style: PageStyle) -> [String] {
      Self.inside(Self.story, style).split(separator: "\n").drop { !$0.hasPrefix("Where its Python") }
        .dropFirst(2)
        .compactMap { line in
          ["wait", "Runner.run", "_find_and_load", "<module>", "…", "importing"].first {
            line.contains(" \($0) ")
          }
        }
    }
    #expect(names(PageStyle(sort: .calls)) == ["Runner.run", "wait", "<module>", "importing"])
    #expect(names(PageStyle(top: 1)) == ["wait", "<module>", "…", "importing"])
    #expect(names(PageStyle(top: 1, sort: .total)) == ["<module>", "…", "importing"])
    #expect(names(PageStyle(top: 2, sort: .own)) == ["wait", "Runner.run", "…", "importing"])
    #expect(names(PageStyle(isFull: true)) == ["wait", "Runner.run", "_find_and_load", "<module>"])
  }

  @Test func whoWantsAHundredFunctionsGetsThemAndTheRestOfThePageIsNoLonger() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    for number in 1...300 as ClosedRange<UInt64> {
      story.function(
        10, "f\(number)", "tool.py", UInt32(number), calls: number, total: number, own: number)
      story.miss(10, ByteString("/home/ada/site/\(number).conf"))
      story.read(10, ByteString("SET_\(number)"), "x")
    }
    story.interpret(10)
    func lines(_ style: PageStyle) -> [Substring] {
      PageTests.page(story, "python3", style: style).split(separator: "\n", omittingEmptySubsequences: false)
    }
    #expect(lines(PageStyle()).count <= 61)
    let all = lines(PageStyle(top: 100, sort: .calls))
    #expect(all.count <= 61 + 104)
    #expect(all.count { $0.contains(" ./tool.py:") } == 100)
    #expect(all.contains { $0 == "  … 200 more functions; --full shows them" })
    let two = lines(PageStyle())
    #expect(two.contains { $0.hasSuffix(" more functions; --full shows them") })
    #expect(two.contains { $0.hasSuffix(" more variables were set; --full shows them") })
  }

  @Test func whatImportsIsOneLineAndItsTimeIsThatOfTheOutermost() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    story.function(
      10, "_find_and_load", "<frozen importlib._bootstrap>", 1165, calls: 9, total: 70_000, own: 2_000)
    story.function(
      10, "FileLoader.get_data", "<frozen importlib._bootstrap_external>", 1127, calls: 3, total: 5_000,
      own: 5_000)
    story.function(10, "<module>", "/srv/importlib/tool.py", 1, calls: 1, total: 90_000, own: 60_000)
    story.interpret(10)
    let text = Self.inside(story)
    #expect(
      text.contains(
        "\n  importing modules took 70.0 ms, 7.00 ms of it the importing itself: 12 calls of 2 functions\n"))
    #expect(text.contains(" <module>  /srv/importlib/tool.py:1\n"))
    #expect(!text.contains("more function"))
    #expect(
      Self.inside(story, PageStyle(isFull: true)).contains(
        " _find_and_load  <frozen importlib._bootstrap>:1165"))
  }

  @Test func ofManyFunctionsThoseOfTheProgramItselfHaveAListOfTheirOwn() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    for number in 1...40 as ClosedRange<UInt64> {
      story.function(
        10, "library\(number)", number % 2 == 0 ? "/usr/lib/python3.11/json/decoder.py" : "<frozen os>", 1,
        calls: 1, total: number * 1_000_000, own: number * 1_000)
      story.function(
        10, "installed\(number)", "/srv/venv/lib/python3.11/site-packages/rich/text.py", 1, calls: 1,
        total: number * 1_000_000, own: number * 1_000)
    }
    story.function(10, "main", "tool.py", 9, calls: 1, total: 700, own: 10)
    story.function(10, "parse", "/home/ada/site/parts/parse.py", 3, calls: 9, total: 600, own: 20)
    story.interpret(10)
    let lines = Self.inside(story).split(separator: "\n")
    let list = lines.drop { !$0.hasSuffix("function of no library") }.dropFirst().map {
      $0.split(separator: " ")
    }
    #expect(list.prefix(2).map { String($0[$0.count - 2]) } == ["main", "parse"])
    #expect(list.dropFirst(2).first?.first == "…", "and nothing else: \(lines)")
    // The other list is of all.
    #expect(lines.contains { $0.contains(" library40 ") } && lines.contains { $0.contains(" installed40 ") })

    story.events.removeAll { event in
      if case .function(let function) = event.body {
        function.name == "main" || function.name == "parse"
      } else {
        false
      }
    }
    let without = Self.inside(story).split(separator: "\n")
    #expect(
      without.count { $0.hasSuffix("  function") } == 2 && !without.contains { $0.hasSuffix("of no library") }
    )
  }

  @Test func aNarrowPageLeavesOutWhatTakesRoomFromTheNames() {
    let lines = Self.inside(Self.story, PageStyle(columns: 80)).split(separator: "\n")
    #expect(lines.contains("     self   total  calls  function"))
    #expect(lines.contains("   800 ms  800 ms      3  wait  /usr/lib/python3.11/subprocess.py:1259"))
  }

  @Test func variablesThatAreLeftOutAreCountedOneByOne() {
    var story = Story()
    story.exec(10, "python3 tool.py")
    for word in ["ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX"] {
      for number in 10...39 { story.read(10, ByteString("\(word)_OPTION_\(number)")) }
    }
    let text = Self.inside(story, PageStyle(columns: 60))
    let shown = text.split(whereSeparator: { " \n".contains($0) }).count { $0.contains("_OPTION_") }
    let folded = text.matches(of: /(\d+) more [A-Z]+_\*/).compactMap { Int($0.1) }.reduce(0, +)
    let left = text.matches(of: /\+(\d+) more/).compactMap { Int($0.1) }.reduce(0, +)
    #expect(left > 0 && folded > 0)
    #expect(shown + folded + left == 180)
  }

  @Test func theFullPageTellsWhatEachExecChangedInTheEnvironment() {
    var story = Story()
    story.exec(10, "sh -c env")
    story.exec(10, "env")
    let old = Environment(Array("A=1\0B=2\0".utf8)), new = Environment(Array("A=1\0B=3\0C=4 5\0".utf8))
    if case .exec(var exec) = story.events[story.events.count - 1].body {
      exec.environment = EnvironmentDifference(from: old, to: new)
      story.events[story.events.count - 1].body = .exec(exec)
    }
    let page = PageTests.page(story, "sh", style: PageStyle(isFull: true))
    #expect(page.contains("\n  env  pid 10\n    + C='4 5'\n    ~ B=3\n"))
    #expect(!PageTests.page(story, "sh", style: PageStyle()).contains("was given"))
  }

  @Test func whatPythonIsAskedForComesBeforeWhatItsLibrariesAsk() {
    var story = Story()
    story.exec(10, "python3 app.py")
    story.read(10, "OPENSSL_CONF", source: .libc)
    story.read(10, "RESOLV_MULTI", source: .libc)
    story.read(10, "APP_MODE", default: "plain")
    let text = Self.inside(story)
    #expect(text.contains("\n  not set  app.py: APP_MODE (default plain)  OPENSSL_CONF\n"))
    #expect(text.contains("\n  interpreter, loader and locale: 1 not set\n"))
  }

  @Test func whatAProgramDidBeforeItExecutedAnotherIsItsOwn() {
    var story = Story()
    story.exec(10, "python3 first.py")
    story.read(10, "FIRST_HOME")
    story.function(10, "main", "/srv/first.py", 3, calls: 2, total: 500, own: 500)
    story.interpret(10)
    let end = story.events.last?.time ?? 0
    story.exec(10, "python3 second.py")
    story.function(10, "main", "/srv/second.py", 3, calls: 4, total: 700, own: 700)
    story.interpret(10, "3.13.0", method: .none, reason: "it is linked statically")
    // Told after the exec, of the time before it.
    story.read(10, "LATE_HOME")
    story.events[story.events.count - 1].time = end
    let text = Self.inside(story, PageStyle(isFull: true))
    #expect(text.contains("\n  first.py  pid 10, 3.11.2: 2 calls of 1 function\n"))
    #expect(text.contains("\n  second.py  pid 10, 3.11.2: 4 calls of 1 function\n"))
    #expect(text.contains("in 1 process (second.py): it is linked statically\n"))
    #expect(text.contains("\n  FIRST_HOME  not set  first.py "))
    #expect(text.contains("\n  LATE_HOME   not set  first.py "))
  }

  @Test(arguments: [
    PageStyle(), PageStyle(columns: 30), PageStyle(columns: 80), PageStyle(columns: 80, isFull: true),
  ])
  func hostileNamesStayOnTheirLine(style: PageStyle) throws {
    func text(_ evil: ByteString) throws -> String {
      var story = Story()
      story.exec(10, "tool")
      story.read(10, evil, evil)
      story.read(10, ByteString(evil.bytes + [65]), default: evil)
      story.read(10, ByteString(Array("LC_".utf8) + evil.bytes), evil)
      story.add(
        10,
        .function(
          FunctionProfile(
            version: String(decoding: evil.bytes, as: UTF8.self), file: evil, line: 1, name: evil,
            qualifiedName: evil, calls: 1)))
      story.interpret(
        10, String(decoding: evil.bytes, as: UTF8.self), method: .none,
        reason: String(decoding: evil.bytes, as: UTF8.self))
      let page = PageTests.page(story, "tool", style: style)
      for scalar in page.unicodeScalars where scalar != "\n" {
        let category = scalar.properties.generalCategory
        #expect(![.control, .format, .lineSeparator, .paragraphSeparator, .privateUse].contains(category))
      }
      if let columns = style.cut {
        for line in page.split(separator: "\n") { #expect(Printable.columns(Array(line.utf8)) <= columns) }
      }
      return page
    }
    let page = try text(ByteString(PageFormTests.hostile))
    if style.columns == nil || style.isFull {
      #expect(page.split(separator: "\n").count == (try text("nnnn")).split(separator: "\n").count)
    }
  }
}
