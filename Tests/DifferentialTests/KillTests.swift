// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TestSupport
import Testing

extension Differential {
  @Suite(.serialized) struct Killed {
    /// Ten moments at random: within the start, in the middle, near the end.
    @Test(arguments: [2, 5, 10, 20, 30, 45, 70, 120, 250, 450])
    func killedAtAnyMomentTheCommandGoesOnAndTheKernelHoldsNothing(within milliseconds: Int) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("ticker")
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let before = try KernelObjects.all()
      let run = try Command(
        [honeyguide, "run", "--quiet", "--json", "story", "--", program, "300"], in: laboratory.work
      ).start()
      let moment = UInt32.random(in: 0...UInt32(milliseconds * 1000))
      usleep(moment)
      // Stopped first, so that what it holds at that very moment can be written down.
      run.signal(SIGSTOP)
      usleep(2000)
      let own = try KernelObjects.held(by: run.pid)
      run.signal(SIGKILL)
      let outcome = try run.wait()
      if outcome.status != 42 { #expect(outcome.status == 137, "after \(moment) us: \(outcome.errorText)") }

      // Nobody of its group is left before long: the command has ended by itself, or never began.
      try eventually("the command ends, killed after \(moment) us") {
        try ProcessGroup.members(of: run.pid).isEmpty
      }
      let said = (try? Files.text(laboratory.work.appending("said"))) ?? ""
      #expect(said.isEmpty || said == "start\nend\n", "killed after \(moment) us, the command said \(said)")

      // What it held is gone, and nothing is there that nobody holds. (The kernel frees when RCU allows.)
      try eventually("the kernel lets go, killed after \(moment) us") {
        let now = try KernelObjects.all()
        return try now.isDisjoint(with: own) && now.subtracting(before).isSubset(of: KernelObjects.held())
      }
    }

    @Test func killedWhileTheCommandRunsTheCommandComesToItsEnd() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("ticker")
      try laboratory.clean()
      let said = laboratory.work.appending("said")
      let run = try Command(
        [try Requirement.honeyguide(), "run", "--quiet", "--json", "story", "--", program, "500"],
        in: laboratory.work
      ).start()
      try eventually("the command begins") { Files.exists(said) }
      run.signal(SIGKILL)
      let outcome = try run.wait()
      #expect(outcome.status == 137)
      try eventually("the command ends") { try Files.text(said) == "start\nend\n" }
      try eventually("nobody is left") { try ProcessGroup.members(of: run.pid).isEmpty }
    }

    @Test func whatAKilledSessionLeftIsRemovedWhenTheNextOneStarts() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      try laboratory.clean()
      let honeyguide = try Requirement.honeyguide()
      let said = laboratory.work.appending("said"), ended = laboratory.work.appending("ended")
      // It counts on, and says what it was given, when nobody listens any more.
      let script = """
        import time
        def step(number): return number + 1
        def run(until):
            number = 0
            while time.monotonic() < until: number = step(number)
            return number
        with open("/proc/self/environ") as file: text = file.read()
        with open("said", "w") as file: file.write(text)
        run(time.monotonic() + 0.7)
        with open("ended", "w") as file: file.write(str(run(time.monotonic() + 0.1) > 0))
        """
      let run = try Command(
        [honeyguide, "run", "--quiet", "--", "/usr/bin/python3", "-c", script], in: laboratory.work
      ).start()
      try eventually("the command begins") {
        try Files.exists(said) && Files.text(said).contains("/agent.so")
      }
      run.signal(SIGKILL)
      _ = try run.wait()
      let digits = try #require(try Files.text(said).firstMatch(of: #//s/((?:[0-9a-f]/){8})/#))
      let session = FilePath("/run/honeyguide/" + digits.1.filter { $0 != "/" })
      #expect(Files.exists(session))
      try eventually("the command ends as it would alone") {
        try Files.exists(ended) && Files.text(ended) == "True"
      }
      try Command([honeyguide, "run", "--quiet", "--", "/bin/true"], in: laboratory.work).succeed()
      #expect(!Files.exists(session))
    }

    private func eventually(_ claim: String, _ isSo: () throws -> Bool) throws {
      for _ in 0..<100 {
        if try isSo() { return }
        usleep(50_000)
      }
      Issue.record("not within 5 seconds: \(claim)")
    }
  }
}
