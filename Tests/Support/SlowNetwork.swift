// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import SystemPackage

/// Two network namespaces of a test's own, joined by a wire that each packet needs some milliseconds for: 10.91.0.1 here,
/// 10.91.0.2 there, and 10.91.0.3, which swallows what is sent to it. No packet leaves the machine.
///
/// The wire is a veth pair behind netem, or, where the kernel has no netem, a program (Tests/Programs/wire.c).
public struct SlowNetwork: Sendable {
  public let here: String
  public let there: String
  private let ip: String
  private var wire: Command.Running?

  public init(_ laboratory: Laboratory, milliseconds: Int) throws {
    ip = try Requirement.tool("ip", package: "iproute2")
    here = "honeyguide-here-\(getpid())"
    there = "honeyguide-there-\(getpid())"
    do {
      try Self.run(ip, ["netns", "add", here])
      try Self.run(ip, ["netns", "add", there])
      let script = Requirement.repository.appending("Tests/Programs/slow_network.sh").string
      let join = Command(["/bin/sh", script, here, there, "\(milliseconds)"], in: "/")
      guard try join.run().status != 0 else { return }
      let program = Command([try laboratory.program("wire"), here, there, "\(milliseconds)"], in: "/")
      wire = try program.start()
      for name in [here, there] { try waitForWire(name) }
      try join.succeed()
    } catch {
      close()
      throw error
    }
  }

  private func waitForWire(_ name: String) throws {
    for _ in 0..<500 {
      if try Command([ip, "-n", name, "link", "show", "wire0"], in: "/").run().status == 0 { return }
      usleep(10_000)
    }
    throw Command.Failure(description: "the wire did not come: is there /dev/net/tun?")
  }

  public func close() {
    wire?.signal(SIGTERM)
    _ = try? wire?.wait()
    for name in [here, there] { _ = try? Self.run(ip, ["netns", "delete", name]) }
  }

  /// Put before a command, these words make it run here.
  public func wrapper() throws -> [String] {
    [try Requirement.tool("nsenter", package: "util-linux"), "--net=/run/netns/\(here)"]
  }

  private static func run(_ ip: String, _ arguments: [String]) throws {
    try Command([ip] + arguments, in: "/").succeed()
  }
}
