// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct Attached {
    @Test func whatAProcessWithThreadsDoesIsToldAsStraceTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let directory = Bytes(laboratory.work.string)
      let traced = try WaitingProgram(laboratory, arguments: ["4"])
      let threads = try traced.threads()
      #expect(threads.count == 5)
      let (strace, log) = try laboratory.trace(attachedTo: traced.pid, threads)
      try traced.go()
      #expect(try traced.run.wait().status == 7)
      _ = try strace.wait()
      let witness = try StraceWitness(
        StraceLog(try Files.read(log)), directory: directory, attached: (traced.pid, threads))

      let inspected = try WaitingProgram(laboratory, arguments: ["4"])
      let honeyguide = try laboratory.attach(["-p", "\(inspected.pid)", "-f"])
      try inspected.go()
      #expect(try inspected.run.wait().status == 7)
      // Nobody is left: it ends by itself.
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      let expected = Normalization.kernelNumbers(witness.observations)
      #expect(expected.count(of: .open) >= 50 && expected.count(of: .exit) >= 21)
      let differences = Normalization.kernelNumbers(try story.observations()).differences(
        from: expected, names: ("Honeyguide", "strace"))
      #expect(differences.isEmpty, "\(differences.prefix(40).joined(separator: "\n"))")
    }

    @Test func childrenAreLeftAloneUnlessTheyAreAskedFor() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["3", "2"])
      let honeyguide = try laboratory.attach(["-p", "\(program.pid)"])
      try program.go()
      #expect(try program.run.wait().status == 7)
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      #expect(Set(story.lines.map(\.pid)) == [program.pid])
      // Each thread opened and forked.
      let opens = story.lines.filter {
        $0.event == "open" && $0.bytes("requested")?.description.hasPrefix("file-") == true
      }
      #expect(Set(opens.map { $0.integer("tid") }).count == 3)
      #expect(opens.count == 15)
      #expect(story.lines.count { $0.event == "fork" } == 15)
      #expect(story.lines.count { $0.event == "exit" } == 1)
    }

    @Test func whatWasThereIsToldAsProcTellsIt() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["2", "0", "", "two words", "\u{e9}\n"])
      let pid = program.pid
      let cmdline = try Files.read(FilePath("/proc/\(pid)/cmdline")).split(
        separator: 0, omittingEmptySubsequences: false
      ).dropLast().map { Bytes(Array($0)) }
      let exe = try link("/proc/\(pid)/exe"), cwd = try link("/proc/\(pid)/cwd")
      var files: [String: [String]] = [:]
      for name in try Command(["/bin/ls", "/proc/\(pid)/fd"], in: "/").succeed().outputText.split(
        separator: "\n")
      {
        let info = try Files.text(FilePath("/proc/\(pid)/fdinfo/\(name)")).split(separator: "\n")
        let position = info[0].split(separator: "\t")[1], flags = info[1].split(separator: "\t")[1]
        let bits = (UInt64(flags, radix: 8) ?? 0) & ~0o2000000
        files["\(name)"] = [try link("/proc/\(pid)/fd/\(name)"), "\(bits)", "\(position)"]
      }
      #expect(files.count > 12)

      let honeyguide = try laboratory.attach(["-p", "\(pid)"])
      try program.go()
      _ = try program.run.wait()
      #expect(try honeyguide.wait().status == 0)
      let story = try laboratory.story()
      let processes = story.lines.filter { $0.event == "existing" }
      #expect(processes.count == 1)
      let process = try #require(processes.first)
      #expect(process.list("argv") == cmdline)
      #expect(process.bytes("exe")?.description == exe)
      #expect(process.bytes("cwd")?.description == cwd)
      var told: [String: [String]] = [:]
      for line in story.lines where line.event == "existing_file" {
        let deleted = line.json["path_deleted"]?.boolean == true ? " (deleted)" : ""
        let path = (line.bytes("path")?.description ?? "") + deleted
        let number = "\(line.integer("fd") ?? -1)"
        #expect(told[number] == nil)
        told[number] = [path, "\(try line.flags())", "\(line.integer("position") ?? 0)"]
      }
      #expect(told == files)
      let listener = story.lines.first { $0.json["state"]?.string == "listen" }
      let client = story.lines.first { $0.json["state"]?.string == "established" }
      #expect(listener?.json["local"]?["port"] == client?.json["remote"]?["port"])
      #expect(client?.json["remote"]?["address"]?.string == "127.0.0.1")
      let bound = story.lines.compactMap {
        $0.event == "existing_file" ? $0.json["local"]?["path"]?.string : nil
      }
      #expect(bound == [laboratory.work.appending("socket").string])
    }

    @Test func aThousandProcessesThatWereThereAreEachToldOnce() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try WaitingProgram(laboratory, arguments: ["0", "1000"])
      let children = try Files.text(
        FilePath("/proc/\(program.pid)/task/\(program.pid)/children")
      ).split(separator: " ")
      #expect(children.count == 1000)
      let honeyguide = try laboratory.attach(["-p", "\(program.pid)", "-f", "--only", "exec"])
      honeyguide.signal(SIGINT)
      #expect(try honeyguide.wait().status == 0)
      let told = try laboratory.story().lines.filter { $0.event == "existing" }.map { "\($0.pid)" }
      #expect(told.count == 1001)
      #expect(Set(told) == Set(children.map(String.init) + ["\(program.pid)"]))
      try program.go()
      #expect(try program.run.wait().status == 7)
    }

    /// While the iterators run, processes start and end: whoever is told of was there, or was forked by one who is told
    /// of; nobody is both.
    @Test func amidAStormOfForksNobodyIsMissedAndNobodyToldTwice() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("storm")
      try laboratory.clean()
      for _ in 0..<2 {
        let storm = try Command([program, "8", "1500", "log"], in: laboratory.work).start()
        usleep(20_000)
        let honeyguide = try laboratory.attach(["-p", "\(storm.pid)", "-f"])
        _ = try storm.wait()
        #expect(try honeyguide.wait().status == 0)
        let story = try laboratory.story()
        var existing: Set<String> = [], forked: Set<String> = [], doers: Set<String> = [],
          ended: [String] = []
        for line in story.lines {
          doers.insert(line.process)
          if line.event == "existing" { #expect(existing.insert(line.process).inserted) }
          if line.event == "exit" { ended.append(line.process) }
          if let child = line.json["child"] {
            let name = "\(child["pid"]?.integer ?? -1) since \(child["start_ns"]?.integer ?? -1)"
            #expect(forked.insert(name).inserted)
          }
        }
        #expect(existing.isDisjoint(with: forked))
        #expect(forked.subtracting(ended) == [] && Set(ended).count == ended.count)
        // Who ended between being marked and being described left nothing to describe.
        let unexplained = doers.subtracting(existing).subtracting(forked)
        let unseen = unexplained.subtracting(ended)
        #expect(unseen == [], "\(story.lines.filter { unseen.contains($0.process) }.map(\.json))")
        #expect(unexplained.count <= 8)
      }
    }

    private func link(_ path: String) throws -> String {
      var text = try Command(["/bin/readlink", "-n", path], in: "/").succeed().outputText
      // What ls and readlink quote there is none of.
      if text.hasSuffix("\n") { text.removeLast() }
      return text
    }
  }
}
