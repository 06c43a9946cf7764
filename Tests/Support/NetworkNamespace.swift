// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import SystemPackage

/// A network of a test's own: a loopback, and routes that lead nowhere. No packet leaves the machine.
public struct NetworkNamespace: Sendable {
  public let name: String
  private let ip: String

  public init() throws {
    ip = try Requirement.tool("ip", package: "iproute2")
    name = "honeyguide-test-\(getpid())"
    try run(["netns", "add", name])
    do {
      try run(["-n", name, "link", "set", "lo", "up"])
      try run(["-n", name, "route", "add", "blackhole", "10.99.0.0/16"])
      try run(["-n", name, "route", "add", "unreachable", "10.98.0.0/16"])
      try run(["-n", name, "route", "add", "prohibit", "10.97.0.0/16"])
    } catch {
      close()
      throw error
    }
  }

  public func close() { _ = try? run(["netns", "delete", name]) }

  /// Put before a command, these words make it run in here. (`ip netns exec` would hide mounts as well.)
  public func wrapper() throws -> [String] {
    [try Requirement.tool("nsenter", package: "util-linux"), "--net=/run/netns/\(name)"]
  }

  private func run(_ arguments: [String]) throws { try Command([ip] + arguments, in: "/").succeed() }
}
