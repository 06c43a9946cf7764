// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection
import Testing

@testable import Probes

@Suite struct LaunchIdentityTests {
  static func idSays(_ option: String, of user: String = "") -> String {
    String(Shell.run("id \(option) \(user)").lines.first ?? "")
  }

  static func numbers(_ text: String) -> [UInt32] {
    text.split(separator: " ").compactMap { UInt32($0) }.sorted()
  }

  @Test func `Our own identity is the one id(1) sees`() {
    let ours = Identity.ours
    #expect("\(ours.uid)" == Self.idSays("-u"))
    #expect("\(ours.gid)" == Self.idSays("-g"))
    // id -G adds the group itself to the supplementary ones.
    #expect(Set(ours.groups + [ours.gid]).sorted() == Self.numbers(Self.idSays("-G")))
    #expect(ours.name?.text == Self.idSays("-un"))
  }

  @Test(arguments: ["root", "daemon", "nobody"])
  func `A user's groups are those id(1) reads from the group database`(name: String) throws {
    let user = try Identity.user(ByteString(name))
    #expect("\(user.uid)" == Self.idSays("-u", of: name))
    #expect("\(user.gid)" == Self.idSays("-g", of: name))
    #expect(user.groups == Self.numbers(Self.idSays("-G", of: name)))
    #expect(user == (try Identity.user(ByteString("\(user.uid)"))))
  }

  @Test(arguments: ["no-such-user", "", "4294967294", "-1", "0x0"])
  func `An unknown user is one sentence and exit code 64`(name: String) {
    #expect(throws: LaunchError.unknownUser(ByteString(name))) { try Identity.user(ByteString(name)) }
    #expect(LaunchError.unknownUser(ByteString(name)).exitCode == 64)
  }

  @Test(.enabled(if: LaunchRights.areRoot, "only root's variables count"))
  func `The caller of sudo, doas or pkexec is found by the variables each leaves`() throws {
    let nobody = try Identity.user("nobody")
    let daemon = try Identity.user("daemon")
    let number = ByteString("SUDO_UID=\(nobody.uid)")
    func invoking(_ entries: [ByteString], _ nearest: ElevationTool? = nil) throws -> Identity? {
      try Identity.invoking(environment: EnvironmentBlock(entries), nearest: nearest)
    }
    #expect(try invoking([number, "SUDO_USER=nobody"]) == nobody)
    #expect(try invoking(["DOAS_USER=daemon"]) == daemon)
    #expect(try invoking([ByteString("PKEXEC_UID=\(daemon.uid)")]) == daemon)
    #expect(try invoking([number, "DOAS_USER=daemon"]) == nobody)
    #expect(try invoking([number, "DOAS_USER=daemon"], .doas) == daemon)
    #expect(try invoking(["HOME=/root"]) == nil)

    let group = try invoking([number, "SUDO_GID=5"])
    #expect(group?.gid == 5)
    #expect(group?.groups.contains(5) == true)
    // A caller the password database does not know keeps its numbers.
    let unknown = try invoking(["SUDO_UID=4000000", "SUDO_GID=4000001", "SUDO_USER=ghost"])
    #expect(unknown == Identity(uid: 4_000_000, gid: 4_000_001, groups: [4_000_001], name: "ghost"))
  }

  @Test(
    .enabled(if: LaunchRights.areRoot, "only root's variables count"),
    arguments: [
      ["SUDO_UID=junk"], ["SUDO_UID="], ["SUDO_UID=-1"], ["SUDO_UID=4294967295"], ["SUDO_UID=4294967296"],
      ["SUDO_UID=1", "SUDO_GID=x"], ["DOAS_USER=no-such-user"], ["PKEXEC_UID=root"],
    ])
  func `A caller whom nobody understands is not root`(entries: [String]) throws {
    let given = EnvironmentBlock(entries.map { ByteString($0) })
    let table = MadeUpProcesses().table
    let error = #expect(throws: LaunchError.self) { try LaunchPlan(.invoking, given: given, table: table) }
    #expect(error?.exitCode == 64)
    let name = entries[entries.count - 1].split(separator: "=")[0]
    let sentence = error?.description ?? ""
    #expect(sentence.hasPrefix("\(name) is ") && sentence.contains("--user NAME, --as-root"), "\(sentence)")
    // Who is named by an option need not be found out.
    #expect(try LaunchPlan(.root, given: given, table: table).identity == Identity.ours)
    #expect(try LaunchPlan(.user("daemon"), given: given, table: table).identity.name == "daemon")
  }

  @Test(.enabled(if: LaunchRights.areRoot, "only root can run as somebody else"))
  func `Where the caller's environment cannot be read, the page says so`() throws {
    let processes = MadeUpProcesses()
    let given = EnvironmentBlock([
      "HOME=/root", ByteString("SUDO_UID=\(try Identity.user("nobody").uid)"), "A=1",
    ])
    let plan = try LaunchPlan(.invoking, given: given, table: processes.table)
    #expect(plan.identity.name == "nobody")
    #expect(plan.environment["HOME"] == plan.identity.home)
    #expect(plan.environment["A"] == "1")
    #expect(plan.notes.count == 1)
    let kept = try LaunchPlan(.invoking, keepsGivenEnvironment: true, given: given, table: processes.table)
    #expect(kept.environment == given)
    #expect(kept.notes.isEmpty)
    let root = try LaunchPlan(.root, given: given, table: processes.table)
    #expect(root.identity == Identity.ours)
    #expect(root.environment == given)
    let daemon = try LaunchPlan(.user("daemon"), given: given, table: processes.table)
    #expect(daemon.environment["USER"] == "daemon")
    #expect(daemon.identity == (try Identity.user("daemon")))
  }
}
