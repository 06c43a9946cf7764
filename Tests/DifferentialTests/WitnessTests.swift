// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// The witnesses themselves, on lines written by hand: a comparison is worth what its two halves are.
@Suite struct Witnesses {
  /// Text as `strace -xx` writes it.
  private func hex(_ text: String) -> String {
    text.utf8.map { "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  private func strace(_ lines: [String]) throws -> Set<String> {
    let log = try StraceLog(Array((lines.joined(separator: "\n") + "\n").utf8))
    let observations = try StraceWitness(log, directory: "/w").observations
    return Set(observations.map { "\($1) x \($0)" })
  }

  private func story(_ lines: [String]) throws -> HoneyguideLines {
    let first = #"{"event":"start","schema":1,"honeyguide":"0","command":["x"],"uid":0,"cwd":"/w"}"#
    let last =
      #"{"event":"summary","exit_code":0,"duration_ns":1,"events":\#(lines.count),"lost":0,"lost_by_reason":{}}"#
    return try HoneyguideLines(Array(([first] + lines + [last]).map { $0 + "\n" }.joined().utf8))
  }

  @Test func aCallThatOtherLinesInterruptedIsPutTogetherAgain() throws {
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      "10 clone(child_stack=NULL, flags=0x1200000|0x11, child_tidptr=0x7f) = 11",
      #"10 openat(-100<\#(hex("/w"))>, "\#(hex("a"))", 0x241, 0644 <unfinished ...>"#,
      #"11 openat(-100<\#(hex("/w"))>, "\#(hex("/b"))", 0 <unfinished ...>"#,
      "10 <... openat resumed>) = 3<\(hex("/w/a b"))>",
      "11 <... openat resumed>) = -1 ENOENT (No such file or directory)",
      "11 +++ exited with 3 +++", "10 +++ killed by SIGSEGV (core dumped) +++",
    ])
    #expect(
      observed == [
        "1 x exec by (start): /p ['p'] = ok", "1 x open by /p: /w/a b flags 0x241 mode 0644 = ok",
        "1 x open by /p: /b flags 0x0 = ENOENT", "1 x exit by /p: code 3", "1 x exit by /p: signal SIGSEGV",
      ])
  }

  @Test func aThreadThatExecutesGoesOnUnderItsLeadersNumber() throws {
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      "10 clone3({flags=0x3d0f00, exit_signal=0, stack=0x7f, stack_size=0x7fff80} => {parent_tid=[12]}, 88) = 12",
      #"12 execve("\#(hex("/q"))", ["\#(hex("q"))", "\#(hex("\n"))"], 0x7ff /* 3 vars */ <pid changed to 10 ...>"#,
      "10 +++ superseded by execve in pid 12 +++", "10 <... execve resumed>) = 0", "10 +++ exited with 0 +++",
    ])
    #expect(
      observed == [
        "1 x exec by (start): /p ['p'] = ok", #"1 x exec by /p: /q ['q' '\x0a'] = ok"#,
        "1 x exit by /q: code 0",
      ])
  }

  @Test func aThreadWhoseMakerItEndedByExecutingIsKnown() throws {
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      "10 clone3({flags=0x3d0f00, exit_signal=0, stack=0x7f, stack_size=0x7fff80} <unfinished ...>",
      #"12 execve("\#(hex("/q"))", ["\#(hex("q"))"], 0x7ff /* 3 vars */ <unfinished ...>"#,
      "10 <... clone3 resumed> <unfinished ...>) = ?",
      "10 +++ superseded by execve in pid 12 +++", "10 <... execve resumed>) = 0", "10 +++ exited with 0 +++",
    ])
    #expect(
      observed == [
        "1 x exec by (start): /p ['p'] = ok", "1 x exec by /p: /q ['q'] = ok", "1 x exit by /q: code 0",
      ])
  }

  @Test func aChildThatIsHeardOfBeforeItsParentsCloneReturnsIsItsParentsChild() throws {
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      #"10 chdir("\#(hex("/"))") = 0"#,
      "10 clone(child_stack=NULL, flags=0x11 <unfinished ...>",
      #"11 rmdir("\#(hex("x"))") = 0"#,
      "10 <... clone resumed>) = 11", "11 +++ exited with 0 +++", "10 +++ exited with 0 +++",
    ])
    #expect(observed.contains("1 x change by /p: rmdir /x = ok"))
    #expect(observed.contains("2 x exit by /p: code 0"))
  }

  @Test func aLookupCountsOnceForAProcessAndACallThatIsRestartedNotAtAll() throws {
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      #"10 access("\#(hex("x"))", 0x4) = -1 ENOENT (No such file or directory)"#,
      #"10 newfstatat(-100<\#(hex("/w"))>, "\#(hex(".//x"))", 0x7ff, 0) = -1 ENOENT (No such file or directory)"#,
      #"10 newfstatat(3<\#(hex("/w/y"))>, "", {st_mode=0100644, st_size=5, ...}, 0x1000) = 0"#,
      #"10 open("\#(hex("fifo"))", 0) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"#,
      "10 +++ exited with 0 +++",
    ])
    #expect(
      observed == [
        "1 x exec by (start): /p ['p'] = ok", "1 x lookup by /p: /w/x = ENOENT", "1 x exit by /p: code 0",
      ])
  }

  @Test func theOutcomeOfAConnectIsTheOneThatComesLater() throws {
    let address = #"{sa_family=0x2, sin_port="\x1f\x90", sin_addr="\x7f\x00\x00\x01"}"#
    let observed = try strace([
      #"10 execve("\#(hex("/p"))", ["\#(hex("p"))"], 0x7ff /* 3 vars */) = 0"#,
      "10 socket(0x2, 0x1|0x800, 0) = 3<\(hex("socket:[5]"))>",
      "10 connect(3<\(hex("socket:[5]"))>, \(address), 16) = -1 EINPROGRESS (Operation now in progress)",
      "10 getsockopt(3<\(hex("socket:[5]"))>, 0x1, 0x4, [111], [4]) = 0",
      "10 +++ exited with 0 +++",
    ])
    #expect(observed.contains("1 x connect by /p: tcp [127.0.0.1]:8080 = ECONNREFUSED"))
  }

  @Test func aStoryIsReadByItsContract() throws {
    let common = #""time_ns":5,"pid":10,"start_ns":7,"tid":10,"ppid":1,"uid":0,"comm":"p""#
    let observations = try story([
      #"{"event":"exec",\#(common),"exe":"/p","filename":"/p","argv":["p","a\ufffdb"],"argv_base64":[null,"Yf9i"]}"#,
      #"{"event":"fork",\#(common),"child":{"pid":11,"start_ns":8}}"#,
      #"{"event":"open",\#(common),"path":"/w/a","requested":"a","flags":["O_WRONLY","O_CREAT","0x40"],"mode":420,"fd":3}"#,
      #"{"event":"lookup",\#(common),"call":"stat","path":"/x","requested":"/x","error":"ENOENT"}"#,
      #"{"event":"lookup",\#(common),"call":"access","path":"/x","requested":"/x","error":"ENOENT"}"#,
      #"{"event":"rename",\#(common),"call":"rename","path":"/w/a","requested":"a","to":"/w/b","to_requested":"b"}"#,
      #"{"event":"connect",\#(common),"protocol":"tcp","remote":{"address":"::1","port":80},"pending":false}"#,
      #"{"event":"exit",\#(common.replacing("10", with: "11").replacing(":7", with: ":8")),"signal":"SIGKILL"}"#,
    ]).observations()
    #expect(
      Set(observations.map { "\($1) x \($0)" }) == [
        #"1 x exec by (start): /p ['p' 'a\xffb'] = ok"#, "1 x open by /p: /w/a flags 0x41 mode 0644 = ok",
        "1 x lookup by /p: /x = ENOENT", "1 x change by /p: rename /w/a -> /w/b = ok",
        "1 x connect by /p: tcp [0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1]:80 = ok", "1 x exit by /p: signal SIGKILL",
      ])
  }

  @Test(arguments: [
    #"{"event":"open","flags":["O_WHATEVER"],"path":"/a","fd":3}"#,
    #"{"event":"open","flags":[],"path":"/a"}"#,
    #"{"event":"connect","protocol":"tcp","remote":{"address":"nowhere","port":1}}"#, #"{"event":"fork"}"#,
  ])
  func aStoryThatBreaksTheContractIsNotRead(line: String) throws {
    let story = try story([line])
    #expect(throws: HoneyguideLines.ContractError.self) { try story.observations() }
  }

  @Test func aStoryWithLossesOrWithoutItsEndIsNotRead() {
    let start = #"{"event":"start","schema":1}"# + "\n"
    for end in [
      #"{"event":"summary","events":0,"lost":1}"# + "\n", #"{"event":"summary","events":1,"lost":0}"# + "\n",
      #"{"event":"summary","events":0,"lost":0}"#, "",
    ] {
      #expect(throws: HoneyguideLines.ContractError.self) { try HoneyguideLines(Array((start + end).utf8)) }
    }
  }

  @Test(arguments: [
    "{\"a\":1,\"a\":2}", "[1,]", "01", "1.5", "\"\u{1}\"", #""\ud800""#, #""\x""#, "{} {}", "[1", "tru",
    #""\ud83d\u0041""#,
  ])
  func whatIsNoJSONIsRefused(text: String) {
    #expect(throws: JSON.SyntaxError.self) { try JSON(text.utf8) }
  }

  @Test func aPairOfSurrogatesIsOneCharacter() throws {
    #expect(
      try JSON(#"["\ud83d\udc1d\n", -5, true, null]"#.utf8)
        == .array([.string("🐝\n"), .integer(-5), .boolean(true), .null]))
  }

  @Test func aDifferenceIsSaidByBothSides() {
    var one: Observations = [:]
    var other: Observations = [:]
    one.add(Observation(.exit, by: "/p", "code 0"))
    other.add(Observation(.exit, by: "/p", "code 0"))
    #expect(one.differences(from: other, names: ("one", "other")).isEmpty)
    other.add(Observation(.exit, by: "/p", "code 0"))
    one.add(Observation(.open, by: "/p", "/x"))
    #expect(
      one.differences(from: other, names: ("one", "other")) == [
        "one 1, other 2: exit by /p: code 0", "one 1, other 0: open by /p: /x",
      ])
  }

  @Test func onlyWhatIsRandomIsReplaced() {
    let normalization = Normalization.kernelNumbers.randomNames(after: "/tmp/cc", length: 6)
    var observations: Observations = [:]
    for text in [
      "/proc/12/task/34/x /tmp/ccAbCd12.o", "/proc/self/x12 /tmp/ccAbCd123 /tmp/cc1", "pipe:[7]/y12",
    ] {
      observations.add(Observation(.open, by: "/p", text))
    }
    #expect(
      Set(normalization(observations).keys.map(\.text)) == [
        "/proc/PID/task/TID/x /tmp/ccRANDOM.o", "/proc/self/x12 /tmp/ccAbCd123 /tmp/cc1", "pipe:[N]/y12",
      ])
  }
}
