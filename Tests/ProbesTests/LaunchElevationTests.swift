// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection
import Testing

@testable import Probes

/// A /proc of our own, with processes of our making.
struct MadeUpProcesses {
  let directory = TemporaryDirectory()
  var table: ProcFileSystem { ProcFileSystem(root: ByteString(directory.path)) }

  func add(
    _ pid: Int32, parent: Int32, executable: String?, name: String = "x", effectiveUser: UInt32 = 0,
    environment: String? = nil, arguments: String? = nil
  ) {
    unsafe mkdir("\(directory.path)/\(pid)", 0o755)
    directory.write(
      "Name:\t\(name)\nUmask:\t0022\nState:\tS (sleeping)\nPPid:\t\(parent)\nUid:\t7\t\(effectiveUser)\t0\t0\n",
      to: "\(pid)/status")
    if let executable { unsafe symlink(executable, "\(directory.path)/\(pid)/exe") }
    if let environment { directory.write(environment, to: "\(pid)/environ") }
    if let arguments { directory.write(arguments, to: "\(pid)/cmdline") }
  }
}

@Suite struct LaunchElevationTests {
  @Test func `The nearest sudo is found through the shells between`() {
    let processes = MadeUpProcesses()
    processes.add(1, parent: 0, executable: "/sbin/init")
    processes.add(10, parent: 1, executable: "/usr/bin/sudo")
    processes.add(20, parent: 10, executable: "/usr/bin/sudo")
    processes.add(30, parent: 20, executable: "/usr/bin/make")
    processes.add(40, parent: 30, executable: "/usr/bin/dash")
    processes.add(50, parent: 40, executable: "/usr/bin/honeyguide")
    #expect(
      Elevation.nearest(above: 50, in: processes.table) == Elevation(tool: .sudo, pid: 20, between: [30, 40]))
  }

  @Test func `A user's script of that name is no sudo, nor is a sudo that is not root`() {
    let processes = MadeUpProcesses()
    processes.add(1, parent: 0, executable: "/sbin/init")
    processes.add(10, parent: 1, executable: "/usr/bin/sudo", effectiveUser: 7)
    processes.add(20, parent: 10, executable: "/usr/bin/bash", name: "sudo", effectiveUser: 7)
    processes.add(30, parent: 20, executable: "/usr/bin/honeyguide")
    #expect(Elevation.nearest(above: 30, in: processes.table) == nil)
  }

  @Test func `Where the executable cannot be seen, the name of root's process counts`() {
    let processes = MadeUpProcesses()
    processes.add(10, parent: 1, executable: nil, name: "doas")
    processes.add(20, parent: 10, executable: "/usr/bin/honeyguide")
    #expect(Elevation.nearest(above: 20, in: processes.table) == Elevation(tool: .doas, pid: 10, between: []))
  }

  @Test func `A sudo that was replaced on disk meanwhile is still one`() {
    let processes = MadeUpProcesses()
    processes.add(10, parent: 1, executable: "/usr/bin/sudo (deleted)")
    processes.add(20, parent: 10, executable: "/usr/bin/honeyguide")
    #expect(Elevation.nearest(above: 20, in: processes.table)?.tool == .sudo)
  }

  @Test func `A process that is its own ancestor does not hold us up`() {
    let processes = MadeUpProcesses()
    processes.add(10, parent: 20, executable: "/bin/a")
    processes.add(20, parent: 10, executable: "/bin/b")
    #expect(Elevation.nearest(above: 20, in: processes.table) == nil)
  }

  @Test func `The caller's environment is sudo's own, with the variables on its command line`() {
    let processes = MadeUpProcesses()
    processes.add(
      10, parent: 1, executable: "/usr/bin/sudo", environment: "HOME=/home/u\0PATH=/users\0",
      arguments: "sudo\0-n\0A=1\0PATH=/mine\0honeyguide\0run\0")
    processes.add(getpid(), parent: 10, executable: "/usr/bin/honeyguide", arguments: "honeyguide\0run\0")
    let elevation = Elevation.nearest(above: getpid(), in: processes.table)
    let environment = elevation?.callersEnvironment(
      given: EnvironmentBlock(["HOME=/root", "PATH=/secure", "A=1", "SUDO_UID=7", "X=1"]),
      table: processes.table)
    #expect(environment?.entries == ["HOME=/home/u", "PATH=/mine", "A=1"])
  }

  @Test func `What env(1), run by sudo, added for us is kept`() {
    let processes = MadeUpProcesses()
    processes.add(
      10, parent: 1, executable: "/usr/bin/sudo", environment: "HOME=/home/u\0",
      arguments: "sudo\0/usr/bin/env\0X=1\0honeyguide\0run\0")
    processes.add(getpid(), parent: 10, executable: "/usr/bin/honeyguide", arguments: "honeyguide\0run\0")
    let elevation = Elevation.nearest(above: getpid(), in: processes.table)
    let environment = elevation?.callersEnvironment(
      given: EnvironmentBlock(["HOME=/root", "SUDO_UID=7", "X=1"]), table: processes.table)
    #expect(environment?.entries == ["HOME=/home/u", "X=1"])
  }

  @Test func `An environment that may not be read is none`() {
    let processes = MadeUpProcesses()
    processes.add(10, parent: 1, executable: "/usr/bin/sudo")
    let elevation = Elevation(tool: .sudo, pid: 10, between: [])
    #expect(elevation.callersEnvironment(given: EnvironmentBlock(), table: processes.table) == nil)
  }

  @Test func `The real /proc agrees with getppid and getuid`() throws {
    let status = try #require(ProcFileSystem().status(of: getpid()))
    #expect(status.parent == getppid())
    #expect(status.effectiveUser == geteuid())
  }
}
