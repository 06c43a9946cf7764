// SPDX-License-Identifier: Apache-2.0
import SystemPackage
import TestSupport
import Testing

extension Differential {
  /// What `honeyguide doctor` says of looking into Python, and that a run says the same.
  @Suite(.serialized) struct InjectionTrial {
    private func doctor(_ laboratory: Laboratory, path: String, before: String = "true") throws -> String {
      let script = "\(before) && exec \(try Requirement.honeyguide()) doctor"
      let outcome = try Command(
        ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script], environment: ["PATH": path],
        in: laboratory.root
      ).run()
      #expect(outcome.status == 0, "inspection works all the same: \(outcome.outputText)\(outcome.errorText)")
      let lines = outcome.outputText.split(separator: "\n").filter { $0.contains("observed inside") }
      #expect(lines.count == 1, "\(outcome.outputText)")
      return lines.first.map(String.init) ?? ""
    }

    private static let usual = "/usr/sbin:/usr/bin:/sbin:/bin"

    @Test func doctorTriesARealPython() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let version = try Command(
        ["/usr/bin/python3", "-c", "import platform; print(platform.python_version(), end='')"], in: "/"
      ).succeed().outputText
      #expect(
        try doctor(laboratory, path: Self.usual)
          == "ok  Python is observed inside: \"/usr/bin/python3\" (\(version)) was run with the agent, and left its table."
      )
    }

    @Test func theLibraryCanBeReachedByAllWhateverTheUmask() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let line = try doctor(
        laboratory, path: Self.usual,
        before:
          "mount -t tmpfs -o mode=0755 none /var/lib && mount -t tmpfs -o mode=0755 none /run && umask 077")
      #expect(line.hasPrefix("ok  Python is observed inside: "))
    }

    /// Where the library cannot lie, or sessions cannot: the same reason by both, and the command runs.
    @Test(arguments: [
      (
        "mount -t tmpfs -o noexec,mode=0755 none /var/lib/honeyguide",
        "is on a file system mounted noexec; remount it with exec"
      ),
      (
        "mount -t tmpfs -o ro,mode=0755 none /var/lib/honeyguide",
        "EROFS); it is on a file system mounted read-only, remount it for writing"
      ),
      (
        "mount -t tmpfs -o mode=0755 none /var",
        "ENOENT); there is no directory to make it in: make that, as root"
      ),
      (
        "mount -t tmpfs -o mode=0700 none /var/lib/honeyguide",
        "/var/lib/honeyguide cannot be entered by everybody; chmod o+x it"
      ),
      (
        "mount -t tmpfs none /var/lib/honeyguide && chmod 0777 /var/lib/honeyguide",
        "/var/lib/honeyguide is not as Honeyguide made it, or not root's alone; remove it as root, and start again"
      ),
      (
        "mount -t tmpfs -o ro,mode=0755 none /run/honeyguide",
        "EROFS); it is on a file system mounted read-only, remount it for writing"
      ),
      (
        "mount -t tmpfs -o mode=0777 none /run/honeyguide",
        "/run/honeyguide is not as Honeyguide made it, or not root's alone; remove it as root, and start again"
      ),
    ])
    func whatIsMissingIsSaidInASentence(before: String, reason: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      // One that is not installed beside a library of its own, wherever the tests' one is.
      let honeyguide = try Requirement.honeyguide()
      let script = "mkdir -p /var/lib/honeyguide /run/honeyguide && " + before
      let said = try doctor(laboratory, path: Self.usual, before: script)
      #expect(
        said.hasPrefix("    Python would not be observed inside: ") && said.hasSuffix(reason + "."), "\(said)"
      )
      let run = try Command(
        [
          "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
          "\(script) && exec \(honeyguide) run -q -- /usr/bin/python3 -c 'print(7)'",
        ], in: laboratory.root
      ).run()
      #expect(run.status == 0 && run.outputText == "7\n")
      #expect(
        run.errorText.hasPrefix("honeyguide: Python processes were not observed inside: ")
          && run.errorText.hasSuffix(reason + ".\n"), "\(run.errorText)")
    }

    @Test func withoutAPythonDoctorSaysThatItTriedNone() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      #expect(
        try doctor(laboratory, path: laboratory.root.string)
          == "    Python would be observed inside, as far as can be told: there is no python3 in PATH to try it on."
      )
    }

    @Test(arguments: ["fails", "static", "absent"])
    func whatOnlyBearsItsNameIsNoPython(kind: String) throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let python = laboratory.root.appending("python3").string
      let reason: String
      switch kind {
      case "fails":
        try Files.write("#!/bin/sh\nkill -SEGV $$\n".utf8, to: FilePath(python), mode: 0o755)
        reason = "did not run with the agent: it ended with 139"
      case "static":
        try Files.write("#!/bin/sh\nexit 0\n".utf8, to: FilePath(python), mode: 0o755)
        reason = "ran, and left no table (is it linked statically, or not Python?)"
      default:
        try Files.write("#!/nonexistent/interpreter\n".utf8, to: FilePath(python), mode: 0o755)
        reason = "could not be started (ENOENT)"
      }
      let said = try doctor(laboratory, path: laboratory.root.string)
      #expect(said == "    Python was not observed inside: \"\(python)\" \(reason).")
    }
  }
}
