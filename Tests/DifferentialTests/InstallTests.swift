// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

/// scripts/install and scripts/uninstall, below a directory of the test's own.
@Suite struct InstallTests {
  /// A folder in which everything has been built, as far as the scripts look: the binary is the one under test.
  private static func built(_ laboratory: Laboratory) throws -> FilePath {
    let folder = laboratory.root.appending("folder"), repository = Requirement.repository
    let script = """
      mkdir -p .build/release .build/man Sources Plugins && cp "$1" .build/release/honeyguide
      for page in honeyguide honeyguide-run honeyguide-attach honeyguide-doctor; do echo page >.build/man/$page.1; done
      cp -r "$2"/{scripts,docs,README.md,CHANGELOG.md,LICENSE,LICENSE-BPF,Package.swift} . && touch .build/release/honeyguide
      """
    try Files.makeDirectory(folder)
    try Command(
      ["/bin/bash", "-ec", script, "bash", try Requirement.honeyguide(), repository.string], in: folder
    ).succeed()
    return folder
  }

  private static func call(_ script: String, in folder: FilePath, _ root: FilePath) throws -> Command.Outcome
  {
    try Command(["scripts/\(script)", "/usr/local", root.string], in: folder).run()
  }

  private static func files(_ root: FilePath) throws -> [String] {
    try Command(["/usr/bin/find", ".", "!", "-type", "d"], in: root).succeed().outputText
      .split(separator: "\n").map(String.init).sorted()
  }

  @Test func whatIsInstalledIsRemovedAndNothingElse() throws {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let folder = try Self.built(laboratory), root = laboratory.root.appending("root")
    let others = [
      "usr/local/bin/other", "usr/local/lib/honeyguide/own", "usr/local/share/man/man1/other.1.gz",
    ]
    try Command(["/bin/mkdir", "-p", root.string], in: "/").succeed()
    for other in others {
      let path = root.appending(other)
      try Command(["/bin/mkdir", "-p", path.removingLastComponent().string], in: "/").succeed()
      try Files.write([], to: path)
    }
    let installed = try Self.call("install", in: folder, root)
    #expect(installed.status == 0, "\(installed.errorText)")
    let files = try Self.files(root)
    for file in ["bin/honeyguide", "share/man/man1/honeyguide-run.1.gz", "share/doc/honeyguide/limits.md"] {
      #expect(files.contains("./usr/local/\(file)"))
    }
    #expect(files.contains { $0.hasPrefix("./usr/local/lib/honeyguide/") && $0.hasSuffix("/agent.so") })
    let removed = try Self.call("uninstall", in: folder, root)
    #expect(removed.status == 0, "\(removed.errorText)")
    #expect(try Self.files(root) == others.map { "./" + $0 }.sorted())
    // Twice is no mistake.
    #expect(try Self.call("uninstall", in: folder, root).status == 0)
  }

  @Test func directoriesThatInstallMadeAreRemovedAndNoOthers() throws {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let folder = try Self.built(laboratory), root = laboratory.root.appending("root")
    func directories() throws -> [String] {
      try Command(["/usr/bin/find", ".", "-type", "d"], in: root).succeed().outputText
        .split(separator: "\n").map(String.init).sorted()
    }
    let before = root.appending("usr/local/share/man")
    try Command(["/bin/mkdir", "-p", before.string], in: "/").succeed()
    let there = try directories()
    // A second installation over the first does not forget what the first one made.
    for _ in 0..<2 { #expect(try Self.call("install", in: folder, root).status == 0) }
    #expect(try directories().contains("./usr/local/bin"))
    let removed = try Self.call("uninstall", in: folder, root)
    #expect(removed.status == 0, "\(removed.errorText)")
    #expect(try directories() == there)
    // What came into one of them meanwhile stays, with it.
    #expect(try Self.call("install", in: folder, root).status == 0)
    try Files.write([], to: root.appending("usr/local/bin/other"))
    #expect(try Self.call("uninstall", in: folder, root).status == 0)
    #expect(try directories() == (there + ["./usr/local/bin"]).sorted())
  }

  @Test func aLibraryThatAProgramHandsOnStays() throws {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let folder = try Self.built(laboratory), root = laboratory.root.appending("root")
    #expect(try Self.call("install", in: folder, root).status == 0)
    let library = root.appending("usr/local/lib/honeyguide"), before = try Self.files(library)
    let environment = Command.plainEnvironment.merging(["LD_PRELOAD": "\(library)/0/agent.so"]) { $1 }
    let user = try Command(["/bin/sleep", "60"], environment: environment, in: "/").start()
    let refused = try Self.call("uninstall", in: folder, root)
    user.signal(9)
    _ = try user.wait()
    #expect(refused.status == 1)
    #expect(
      refused.errorText.contains("since programs that run hand its library on (\(user.pid) "),
      "\(refused.errorText)")
    #expect(try Self.files(library) == before)
    #expect(try Self.call("uninstall", in: folder, root).status == 0)
    #expect(try Self.files(root) == [])
  }
}
