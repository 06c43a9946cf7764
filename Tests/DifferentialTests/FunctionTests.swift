// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What `honeyguide run` tells of calls inside Python, compared with sys.setprofile: from the agent to the JSON Lines.
  @Suite(.serialized) struct Functions {
    @Test(arguments: Pythons.all) func countsAreThoseOfSetprofile(_ python: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let truth = try Outside.truth(python, in: laboratory).filter { $0.key.name != "<module>" }
      #expect(truth.count >= 30)
      let (outcome, story) = try laboratory.inspect(
        Command([python, "-B", Outside.program("agent_calls.py")], in: laboratory.work), injecting: true)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errorText)")
      var told: [Outside.Place: Outside.Counts] = [:]
      for line in Outside.functions(story, of: "agent_calls.py") {
        let begins = Int((line.integer("calls") ?? 0) + (line.integer("resumes") ?? 0))
        let unfinished = Int(line.integer("unfinished") ?? 0)
        let place = Outside.Place(line: Int(line.integer("line") ?? 0), name: line.bytes("name") ?? "")
        // Functions that differ in their qualified names alone are several here, and one to the profiler.
        let before = told[place] ?? Outside.Counts(begins: 0, ends: 0)
        told[place] = Outside.Counts(
          begins: before.begins + begins, ends: (before.ends ?? 0) + begins - unfinished)
      }
      for (place, counts) in truth {
        #expect(
          told[place] == counts, "line \(place.line), \(place.name): \(String(describing: told[place]))")
      }
      #expect(story.lines.count { $0.event == "interpreter" } == 1)
    }

    /// In nanoseconds, as they are told: the counter of the processor is no clock yet.
    @Test(arguments: Pythons.all) func timesAreThoseOfTheProgramsClock(_ python: String) throws {
      try Outside.compareClocks { laboratory in
        let (outcome, story) = try laboratory.inspect(
          Command([python, "-B", Outside.program("agent_clocks.py")], in: laboratory.work), injecting: true)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errorText)")
        return (outcome.output, story)
      }
    }

    /// Whoever ends, and however: nothing of what it did until then is missing.
    @Test(arguments: Pythons.all) func processesThatEndInAnyWayAreCounted(_ python: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      // How many generators each makes, by hand: that they went on is no call.
      let roles: [String: Int128] = [
        "parent": 13, "is_killed": 13, "leaves": 14, "fails": 15, "forks_again": 16, "exits_at_once": 12,
      ]
      let program = Outside.program("agent_ends.py")
      let alone = try Command([python, "-B", program, laboratory.work.string], in: laboratory.work).run()
      let (inspected, story) = try laboratory.inspect(
        Command([python, "-B", program], in: laboratory.work), injecting: true)
      #expect(alone.status == 0 && inspected == alone, "\(inspected.errorText)")
      var processes: [String: [HoneyguideLines.Line]] = [:]
      for line in Outside.functions(story, of: "agent_ends.py") {
        processes[line.process, default: []].append(line)
      }
      #expect(processes.count == roles.count)
      for role in roles.keys {
        let text = try Files.text(laboratory.work.appending(role))
        var truth: [String: [Int]] = [:]
        for line in text.split(separator: "\n") {
          let words = line.split(separator: " ").map(String.init)
          truth[words[0] + " " + words[1]] = words[2...].compactMap { Int($0) }
        }
        #expect(truth.count >= 6, "\(text)")
        let own = processes.values.filter { lines in lines.contains { $0.bytes("name")?.description == role }
        }
        #expect(own.count == 1, "\(role) in \(own.count) processes")
        var told: [String: [Int]] = [:]
        for line in own.first ?? [] {
          let begins = Int((line.integer("calls") ?? 0) + (line.integer("resumes") ?? 0))
          let name = "\(line.integer("line") ?? 0) \(line.bytes("name")?.description ?? "")"
          told[name] = [begins, Int(line.integer("unfinished") ?? 0)]
        }
        let generators = own.first?.first { $0.bytes("name")?.description == "numbers" }
        #expect(generators?.integer("calls") == roles[role], "\(role)")
        // The profiler was set and taken away within these, and what ends the program after it is not its.
        let around: Set = ["watch", "tell", "note"]
        for (name, counts) in truth {
          if let word = name.split(separator: " ").last, around.contains(String(word)) { continue }
          let isRole = name.hasSuffix(" " + role)
          // A role that an exception leaves was unfinished when it was asked, and ended after.
          let hasEnded = isRole && ["leaves", "fails"].contains(role)
          let wanted = hasEnded ? [counts[0], 0] : counts
          #expect(told[name] == wanted, "\(role), \(name): \(String(describing: told[name])), not \(wanted)")
        }
      }
    }

    /// Where it ends alone (up to 3.10 the thread's stack does), it may go on; never does it end before.
    @Test(arguments: Pythons.all) func recursionGoesAsDeepAsAlone(_ python: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let command = Command([python, "-B", Outside.program("agent_deep.py")], in: laboratory.work)
      let alone = try command.run()
      let (inspected, story) = try laboratory.inspect(command, injecting: true)
      #expect(
        !alone.output.isEmpty && inspected.outputText.hasPrefix(alone.outputText), "\(inspected.outputText)")
      #expect(alone.status != 0 || inspected == alone)
      guard inspected.status == 0 else { return }
      let recursion = Outside.functions(story, of: "agent_deep.py").first {
        $0.bytes("name")?.description == "recurse"
      }
      // One call for each depth and one for zero, in each of the five at least; and all have ended.
      #expect(recursion?.integer("calls") ?? 0 >= 155_005 && recursion?.integer("unfinished") == 0)
    }
  }
}
