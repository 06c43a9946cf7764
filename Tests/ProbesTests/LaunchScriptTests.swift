// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

/// Claims that need a terminal or sudo(8) are checked by scripts, which print a line for each.
@Suite(.serialized) struct LaunchScriptTests {
  static let scripts = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Scripts"

  /// Claims that do not hold, and how many there were.
  func check(_ command: String) -> (failures: [Substring], count: Int) {
    let lines = Shell.run("\(command) 2>&1").lines.filter { !$0.isEmpty }
    return (lines.filter { !$0.hasPrefix("holds") }, lines.count)
  }

  @Test func `Interactive shells have the job control they have alone`() {
    let result = check("python3 '\(Self.scripts)/job_control.py' \"$DRIVER\" --")
    #expect(result.failures == [])
    #expect(result.count == 25)
  }

  static var haveSudo: Bool {
    if LaunchRights.required { return true }
    return unsafe geteuid() == 0 && access("/usr/bin/sudo", X_OK) == 0
  }

  @Test(.enabled(if: haveSudo, "needs root, sudo(8), and the right to make a mount namespace"))
  func `Under sudo a command is what it would be without`() {
    let result = check("sh '\(Self.scripts)/sudo.sh' \"$DRIVER\" \"$WHOAMI\"")
    #expect(result.failures == [])
    #expect(result.count == 37)
  }
}
