// SPDX-License-Identifier: Apache-2.0
import CLaunch
import Glibc
import SystemPackage
import Testing

@testable import Probes

struct HolderTests {
  /// What a process has open, by number.
  private static func open(by pid: Int32) -> [String] {
    guard let directory = unsafe opendir("/proc/\(pid)/fd") else { return [] }
    defer { unsafe _ = closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  private static func holder(of descriptor: FileDescriptor) throws -> Holder {
    guard let holder = Holder.start([descriptor]) else { throw Errno.resourceTemporarilyUnavailable }
    return holder
  }

  private static func isAtItsEnd(_ descriptor: FileDescriptor, within milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor.rawValue, events: 0, revents: 0)
    return unsafe poll(&waiting, 1, milliseconds) == 1 && waiting.revents & Int16(POLLHUP) != 0
  }

  @Test func `what it was given stays open until it is let go, and nothing else with it`() throws {
    let (reading, writing) = try FileDescriptor.pipe()
    defer { try? reading.close() }
    let holder = try Self.holder(of: writing)
    try writing.close()
    #expect(!Self.isAtItsEnd(reading, within: 100))
    // The descriptor and its lifeline.
    #expect(Self.open(by: holder.pid).count == 2)
    #expect(getsid(holder.pid) == holder.pid)
    let pid = holder.pid
    _ = consume holder
    #expect(Self.isAtItsEnd(reading, within: 5000))
    #expect(waitpid(pid, nil, Int32(bitPattern: 0x4000_0000) /* __WALL */) == pid)
  }

  @Test func `whoever is killed lets go`() throws {
    let (reading, writing) = try FileDescriptor.pipe()
    defer { try? reading.close() }
    let holder = try Self.holder(of: writing)
    try writing.close()
    kill(holder.pid, SIGKILL)
    #expect(Self.isAtItsEnd(reading, within: 5000))
    #expect(waitpid(holder.pid, nil, Int32(bitPattern: 0x4000_0000) /* __WALL */) == holder.pid)
  }
}
