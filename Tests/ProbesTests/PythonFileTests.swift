// SPDX-License-Identifier: Apache-2.0
import Glibc
import Inspection
import SystemPackage
import TestSupport
import Testing

@testable import Probes

/// What is found out of interpreters' files before they run.
struct PythonFileTests {
  typealias ThreadState = PythonLayout.ThreadState

  @Test func theThreadIsReadOffItsFunction() throws {
    // mov 0x41e3b9(%rip),%rax; ret
    let direct: [UInt8] = [0x48, 0x8b, 0x05, 0xb9, 0xe3, 0x41, 0x00, 0xc3]
    // endbr64; mov 0x1ae269(%rip),%rax; mov 0x240(%rax),%rax; ret
    let table: [UInt8] = [
      0xf3, 0x0f, 0x1e, 0xfa, 0x48, 0x8b, 0x05, 0x69, 0xe2, 0x1a, 0x00, 0x48, 0x8b, 0x80, 0x40, 0x02, 0, 0,
      0xc3,
    ]
    let one = try #require(ThreadState(code: direct, at: 0x63d5c0))
    #expect(one.address == 0xa5b980 && one.step == nil)
    let other = try #require(ThreadState(code: table, at: 0x295ac0))
    #expect(other.address == 0x443d30 + 4 && other.step == 0x240)
    // Backwards.
    let back = try #require(ThreadState(code: [0x48, 0x8b, 0x05, 0xf9, 0xff, 0xff, 0xff, 0xc3], at: 0x1000))
    #expect(back.address == 0x1000)
    for size in 0..<direct.count { #expect(ThreadState(code: Array(direct[..<size]), at: 0) == nil) }
    for size in 0..<table.count { #expect(ThreadState(code: Array(table[..<size]), at: 0) == nil) }
    #expect(ThreadState(code: [0x55] + direct, at: 0) == nil)
  }

  /// Compared with what each says of itself.
  @Test(arguments: Pythons.all) func versionsAreTheInterpretersOwn(_ python: String) throws {
    let version = try Pythons.ask(python, "platform.python_version()").string ?? ""
    var found: [String] = []
    for path in PythonSearch.codeFiles(ByteString(python)) {
      guard let file = OpenedFile(path), let elf = file.elf else { continue }
      do { if let python = try PythonFile(elf, read: file.read) { found.append(python.version) } } catch {
        found.append(error.version ?? "none")
      }
    }
    let minor = version.split(separator: ".").prefix(2).joined(separator: ".")
    #expect(found == [version] || found == [minor] && !["3.11", "3.12", "3.13"].contains(minor))
  }

  @Test func otherFilesAreNone() throws {
    for path in ["/bin/sh", "/lib/x86_64-linux-gnu/libc.so.6"] as [ByteString] {
      let file = try #require(OpenedFile(path)), elf = try #require(file.elf)
      #expect(try PythonFile(elf, read: file.read) == nil)
    }
    #expect(OpenedFile("/dev/null") == nil && OpenedFile("/") == nil && OpenedFile("/nowhere") == nil)
  }

  @Test func interpretersAreFoundAsAShellWould() throws {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let root = laboratory.root
    func put(_ name: String, _ text: String) throws {
      try Files.write(Array(text.utf8), to: root.appending(name), mode: 0o755)
    }
    for directory in ["bin", "shims", "versions", "versions/1", "versions/1/bin"] {
      try Files.makeDirectory(root.appending(directory))
    }
    try put("bin/python3", "stands for a program")
    try put("bin/tool", "#!\(root)/bin/wrapper -x\n")
    try put("bin/wrapper", "#! /usr/bin/env -S A=b python3 -u\n")
    try put("bin/loop", "#!\(root)/bin/loop\n")
    try put("shims/python", "#!/bin/sh\n")
    let search = PythonSearch(
      environment: EnvironmentBlock([ByteString("PATH=\(root)/bin:\(root)/shims"), "VIRTUAL_ENV=/v"]))
    let own = [
      ByteString("\(root)/bin/python3"), ByteString("\(root)/versions/1/bin/python"), "/v/bin/python",
    ]
    for command in ["tool", "loop", "missing", ""] as [ByteString] {
      #expect(search.interpreters(of: command) == own, "\(command)")
    }
    #expect(search.interpreters(of: "/bin/sh") == ["/bin/sh"] + own)

    // A stand-in may lead to the next in PATH, and no further; doctor asks for all.
    try put("shims/python3", "#!/bin/sh\n")
    try Files.makeDirectory(root.appending("last"))
    try put("last/python3", "stands for another")
    let path = ["shims", "bin", "last"].map { "\(root)/\($0)" }.joined(separator: ":")
    let other = PythonSearch(environment: EnvironmentBlock([ByteString("PATH=" + path)]))
    let first = ["versions/1/bin/python", "bin/python3"].map { ByteString("\(root)/\($0)") }
    #expect(other.interpreters(of: "") == first)
    #expect(Set(other.everywhere()) == Set(first + [ByteString("\(root)/last/python3")]))
  }

  @Test func versionsAreInTheOrderOfTheirNumbers() {
    let versions = ["3.10", "3.9", "2.7", "3.11.2", "3.6", "3.11"]
    #expect(versions.sorted(by: Diagnosis.isOlder) == ["2.7", "3.6", "3.9", "3.10", "3.11", "3.11.2"])
  }
}
