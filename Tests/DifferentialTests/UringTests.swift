// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What goes through io_uring: strace sees none of it, so the witness is the program itself (Tests/Programs/uring.c),
  /// which writes down each operation's number and result.
  @Suite(.serialized) struct Uring {
    @Test(arguments: [[], ["poll"]] as [[String]])
    func requestsAboutPathsAreToldAndOthersAreCounted(_ words: [String]) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("uring"), work = laboratory.work.string
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(Command([program] + words, in: laboratory.work))
      #expect(outcome.status == 0, "io_uring may be switched off: sysctl kernel.io_uring_disabled")
      // By the program: what it asked for, in order, with the results that it got.
      let results = try Files.text(laboratory.work.appending("log")).split(separator: "\n").map {
        Int($0.split(separator: " ")[1]) ?? -1
      }
      #expect(results.count == 16)
      func result(_ index: Int) -> String { results[index] == -2 ? "ENOENT" : "ok" }
      let expected = [
        "open \(work)/d/made O_RDWR|O_CREAT 416 \(results[0])", "open \(work)/missing O_RDONLY - ENOENT",
        "open \(work)/d/made O_RDONLY - \(results[2])", "lookup \(work)/d/made \(result(3))",
        "lookup /nowhere \(result(4))", "rename \(work)/d/made \(work)/renamed \(result(5))",
        "mkdir \(work)/fresh 489 \(result(6))", "symlink \(work)/symbolic some text \(result(7))",
        "link \(work)/renamed \(work)/hard \(result(8))", "unlink \(work)/hard \(result(9))",
        "rmdir \(work)/fresh \(result(10))", "unlink \(work)/hard \(result(11))",
      ]
      #expect(results[1] == -2 && results[4] == -2 && results[11] == -2 && results[0] > 2)
      // What the program does before by system calls: its log, "d", "link", and "d" opened.
      let told = story.lines.drop { $0.bytes("requested")?.description != "link/./made" }
        .compactMap { line -> String? in
          func text(_ name: String) -> String { line.bytes(name)?.description ?? "-" }
          let error = line.error ?? "ok"
          switch line.event {
          case "open":
            let flags = line.json["flags"]?.array?.compactMap(\.string).joined(separator: "|") ?? ""
            let mode = line.integer("mode").map { "\($0)" } ?? "-"
            let end = line.error ?? "\(line.integer("fd") ?? -1)"
            return "open \(text("path")) \(flags) \(mode) \(end)"
          case "lookup", "unlink", "rmdir": return "\(line.event) \(text("path")) \(error)"
          case "rename", "link", "symlink": return "\(line.event) \(text("path")) \(text("to")) \(error)"
          case "mkdir": return "mkdir \(text("path")) \(line.integer("mode") ?? -1) \(error)"
          default: return nil
          }
        }
      #expect(told == expected)
      let counted = story.lines.filter { $0.event == "io_uring" }.map {
        "\($0.bytes("operation")?.description ?? "-") \($0.integer("count") ?? -1)"
      }
      #expect(counted == ["NOP 1", "READ 2", "WRITE 1"])
    }

    /// The kernel does not say of them that they have succeeded, to nobody.
    @Test func requestsWhoseSuccessNobodyIsToldOfAreCounted() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("uring_silent")
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(Command([program], in: laboratory.work))
      // The one that failed.
      #expect(outcome.outputText == "taken 3 told 1\n")
      let lines = story.lines.filter { $0.event == "io_uring" || $0.bytes("requested") == "missing" }
      #expect(
        lines.map {
          "\($0.event) \($0.bytes("operation")?.description ?? $0.error ?? "") \($0.integer("count") ?? 0)"
        }
          == ["open ENOENT 0", "io_uring OPENAT 1", "io_uring MKDIRAT 1"])
    }

    @Test func whatTheOptionsLeaveOutIsNotToldOfRequestsEither() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("uring")
      for (options, events) in [
        (["--only", "lookup"], ["lookup"]), (["--only", "open", "--path", "missing"], ["open"]),
        (["--only", "change", "--path", "fresh"], ["mkdir", "rmdir"]),
      ] {
        try laboratory.clean()
        let story = try laboratory.inspect(
          Command([program], in: laboratory.work), options: options + ["--path", "/nowhere"]
        ).story
        #expect(story.lines.map(\.event) == events)
      }
    }

    @Test func aNumberThatIsNoSystemCallIsNotTakenForOne() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("oddcalls")
      try laboratory.clean()
      let story = try laboratory.inspect(Command([program, "none"], in: laboratory.work)).story
      #expect(story.lines.allSatisfy { $0.bytes("requested")?.description != "file" })
    }
  }
}
