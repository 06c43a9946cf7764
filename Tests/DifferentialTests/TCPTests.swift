// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What becomes of TCP connections, against the account of the program that made them: strace sees no end of a
  /// connection, and slows down what it traces.
  @Suite(.serialized) struct TCP {
    private static let wireMilliseconds = 20

    @Test func overASlowWireEveryConnectionIsToldAsTheProgramAccountsForIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let network = try SlowNetwork(laboratory, milliseconds: Self.wireMilliseconds)
      defer { network.close() }
      let program = try laboratory.program("tcp")
      // What no hook saw is told when it is asked for, without its time. A kernel keeps hooks from running now and then
      // (docs/limits.md), and not three times one after the other.
      var untimed: [String] = []
      for _ in 0..<3 {
        try laboratory.clean()
        let command = Command([program, network.there], in: laboratory.work)
        let (outcome, story) = try laboratory.inspect(command, through: try network.wrapper())
        #expect(outcome.status == 0, "\(outcome.errorText)")
        untimed = try Self.compare(outcome.outputText, story)
        if untimed.isEmpty { return }
      }
      #expect(untimed.isEmpty)
    }

    @Test func connectionsThatEndAsTheRunEndsAreAllTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let script = Requirement.repository.appending("Tests/Programs/closes.py").string
      for _ in 0..<3 {
        try laboratory.clean()
        let (outcome, story) = try laboratory.inspect(
          Command(["/usr/bin/python3", script, "400"], in: laboratory.work))
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let said = outcome.outputText.split(separator: "\n").map(String.init)
        let told = story.lines.filter { $0.event == "close" }.map { line in
          let bytes = ["bytes_sent", "bytes_received"].map { line.integer($0).map(String.init) ?? "?" }
          return ([Self.port(line, "local"), Self.port(line, "remote")] + bytes).joined(separator: " ")
        }
        #expect(said.count == 800)
        #expect(told.sorted() == said.sorted())
      }
    }

    /// Compares what was told with the program's account; gives those connects without a time.
    private static func compare(_ text: String, _ story: HoneyguideLines) throws -> [String] {
      let account = text.split(separator: "\n").map {
        $0.split(separator: " ").map(String.init)
      }

      let connects = account.filter { $0[0] == "connect" }
      let told = story.lines.filter { $0.event == "connect" && $0.json["protocol"]?.string == "tcp" }
      #expect(connects.count >= 14)
      #expect(told.count == connects.count)
      var untimed: [String] = []
      for words in connects {
        let line = try #require(told.first { Self.port($0, "local") == words[2] }, "\(words)")
        #expect("\(line.pid)" == words[1], "\(words): \(line.json)")
        let result = line.json["pending"]?.boolean == true ? "pending" : line.error ?? "ok"
        #expect(result == Self.name(words[3]), "\(words): \(line.json)")
        guard let latency = line.integer("latency_ns") else {
          #expect(words[4] == "asked", "\(words): \(line.json)")
          untimed.append("\(words): \(line.json)")
          continue
        }
        // An answer takes two ways.
        let isAnswer = ["ok", "ECONNREFUSED"].contains(result)
        if isAnswer { #expect(latency >= Int128(2 * Self.wireMilliseconds) * 1_000_000, "\(line.json)") }
      }

      let closes = account.filter { $0[0] == "close" }
      let toldCloses = story.lines.filter { $0.event == "close" }
      #expect(closes.count >= 16)
      #expect(toldCloses.count == closes.count)
      for words in closes {
        let line = try #require(
          toldCloses.first { Self.port($0, "local") == words[2] && Self.port($0, "remote") == words[3] },
          "\(words)")
        #expect("\(line.pid)" == words[1], "\(words): \(line.json)")
        #expect(line.integer("bytes_sent").map(String.init) == words[4], "\(words): \(line.json)")
        #expect(line.integer("bytes_received").map(String.init) == words[5], "\(words): \(line.json)")
        #expect(line.json["final"]?.boolean == (words[6] == "1"), "\(words): \(line.json)")
        #expect(line.json["accepted"]?.boolean == (words[2] == "22001"), "\(words): \(line.json)")
      }
      let accepts = story.lines.filter { $0.event == "accept" }
      #expect(
        Set(accepts.map { Self.port($0, "remote") }) == Set(closes.map { $0[2] }).subtracting(["22001"]))
      return untimed
    }

    @Test func tenThousandConnectionsAtOnceAreAllTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let network = try NetworkNamespace()
      defer { network.close() }
      try laboratory.clean()
      let count = 10_000
      let command = Command([try laboratory.program("crowd"), "\(count)"], in: laboratory.work)
      let (outcome, story) = try laboratory.inspect(
        command, through: try network.wrapper(), mayLose: [Self.missed])
      #expect(outcome.status == 0, "\(outcome.errorText)")
      // Its account: the port of each connection, and how many bytes went each way.
      let account = outcome.outputText.split(separator: "\n").map {
        $0.split(separator: " ").map(String.init)
      }
      #expect(account.count == count)
      let wanted = Set(account.map { $0.joined(separator: " ") })
      #expect(wanted.count == count)

      func lines(_ event: String) -> [HoneyguideLines.Line] { story.lines.filter { $0.event == event } }
      #expect(lines("connect").allSatisfy { $0.error == nil && $0.json["pending"]?.boolean == false })
      let ports = Set(account.map { $0[0] })
      #expect(Set(lines("connect").map { Self.port($0, "local") }) == ports)
      #expect(Set(lines("accept").map { Self.port($0, "remote") }) == ports)
      #expect(lines("connect").count == count && lines("accept").count == count)
      func told(_ line: HoneyguideLines.Line, _ port: String, _ sent: String, _ received: String) -> String {
        [Self.port(line, port), "\(line.integer(sent) ?? -1)", "\(line.integer(received) ?? -1)"]
          .joined(separator: " ")
      }
      let closes = lines("close")
      // Where the kernel keeps hooks from running (docs/limits.md), and the sockets' memory is gone, too.
      let missed = story.summary["lost_by_reason"]?[Self.missed]?.integer ?? 0
      #expect(Int128(2 * count - closes.count) == missed)
      #expect(missed < Int128(count) / 10)
      #expect(closes.allSatisfy { $0.json["final"]?.boolean == true })
      let out = closes.filter { $0.json["accepted"]?.boolean == false }
      let back = closes.filter { $0.json["accepted"]?.boolean == true }
      let toldOut = Set(out.map { told($0, "local", "bytes_sent", "bytes_received") })
      let toldBack = Set(back.map { told($0, "remote", "bytes_received", "bytes_sent") })
      #expect(toldOut.count == out.count && toldOut.isSubset(of: wanted))
      #expect(toldBack.count == back.count && toldBack.isSubset(of: wanted))
    }

    private static let missed = "connection-end-missed"

    /// The program asks the kernel which port it was given; that it had asked for port 0 is all that strace sees.
    @Test func aPortThatTheKernelChoseIsTold() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let script = """
        import socket
        for family, kind in ((2, 1), (2, 2), (10, 1), (10, 2)):
          s = socket.socket(family, kind); s.bind(("127.0.0.1" if family == 2 else "::1", 0))
          print(*s.getsockname()[:2])
        s = socket.socket(1, 1); s.bind(""); print("@", s.getsockname()[1:].hex())
        """
      let command = Command(["/usr/bin/python3", "-c", script], in: laboratory.work)
      let (outcome, story) = try laboratory.inspect(command)
      #expect(outcome.status == 0, "\(outcome.errorText)")
      let told = story.lines.filter { $0.event == "bind" }.map { line in
        if let name = line.json["local"]?["abstract"]?.string {
          return "@ " + name.utf8.map { String($0, radix: 16) }.joined()
        }
        return "\(line.json["local"]?["address"]?.string ?? "?") \(Self.port(line, "local"))"
      }
      #expect(told.count == 5)
      #expect(told == outcome.outputText.split(separator: "\n").map(String.init))
    }

    private static func port(_ line: HoneyguideLines.Line, _ end: String) -> String {
      line.json[end]?["port"]?.integer.map(String.init) ?? "-"
    }

    private static func name(_ outcome: String) -> String {
      ["111": "ECONNREFUSED", "110": "ETIMEDOUT", "113": "EHOSTUNREACH"][outcome] ?? outcome
    }
  }
}
