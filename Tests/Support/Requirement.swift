// SPDX-License-Identifier: Apache-2.0
public import SystemPackage

internal import Glibc

/// What these tests need of the machine.
public enum Requirement {
  /// Root, and a kernel that describes its types. `HONEYGUIDE_REQUIRE_KERNEL=1` makes the tests run (and fail)
  /// where that is missing, so that a machine that has lost it does not look as if all were well.
  public static let kernel = isDemanded || geteuid() == 0 && Files.exists("/sys/kernel/btf/vmlinux")

  public static let sentence =
    "needs root and /sys/kernel/btf/vmlinux (HONEYGUIDE_REQUIRE_KERNEL=1 runs it all the same)"

  private static let isDemanded = environment("HONEYGUIDE_REQUIRE_KERNEL") == "1"

  /// Where Package.swift is.
  public static let repository = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent()

  /// The program under test: HONEYGUIDE_BINARY, or the one that was built beside these tests.
  public static func honeyguide() throws -> String {
    if let path = environment("HONEYGUIDE_BINARY") { return path }
    let beside = FilePath(CommandLine.arguments[0]).removingLastComponent().appending("honeyguide")
    let candidates = [beside, repository.appending(".build/debug/honeyguide")]
    guard let found = candidates.first(where: Files.exists) else {
      throw Command.Failure(
        description:
          "There is no honeyguide at \(candidates.map(\.string)); build it, or set HONEYGUIDE_BINARY.")
    }
    return found.string
  }

  /// The path of a tool, or an error that says which package to install.
  public static func tool(_ name: String, package: String) throws -> String {
    for directory in ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
    where Files.exists(FilePath("\(directory)/\(name)")) {
      return "\(directory)/\(name)"
    }
    throw Command.Failure(description: "\(name) is not installed; apt-get install \(package)")
  }

  /// Throws an error that says which package to install where a file is missing.
  static func file(_ path: FilePath, package: String) throws {
    guard Files.exists(path) else {
      throw Command.Failure(description: "\(path) is not there; apt-get install \(package)")
    }
  }

  public static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
