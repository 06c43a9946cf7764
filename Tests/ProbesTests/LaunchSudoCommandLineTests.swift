// SPDX-License-Identifier: Apache-2.0
import Inspection
import Probes
import Testing

@Suite struct LaunchSudoCommandLineTests {
  /// A line as typed, what sudo sets, what sudo runs: written by hand after sudo(8).
  static let lines: [(line: String, variables: String, command: String)] = [
    ("sudo honeyguide run -- x", "", "honeyguide run -- x"),
    ("sudo A=1 honeyguide B=2", "A=1", "honeyguide B=2"),
    ("sudo A=1 -u root B=2 -n cmd", "A=1 B=2", "cmd"),
    (
      "sudo -u root -g wheel -h host -p prompt -C 3 -D / -R / -r role -t type -T 5 -U u cmd C=3", "",
      "cmd C=3"
    ),
    ("sudo -uroot -g wheel A=1 cmd", "A=1", "cmd"),
    ("sudo -nHu root cmd", "", "cmd"),
    ("sudo -nu A=1 cmd", "", "cmd"),
    ("sudo -En A=1 cmd", "A=1", "cmd"),
    ("sudo --user root --chdir=/ A=1 cmd", "A=1", "cmd"),
    ("sudo --preserve-env=PATH,HOME A=1 cmd", "A=1", "cmd"),
    ("sudo --preserve-env A=1 cmd", "A=1", "cmd"),
    ("sudo --us root cmd", "", "cmd"),
    ("sudo -h A=1 cmd", "A=1", "cmd"),
    ("sudo -hhost A=1 cmd", "A=1", "cmd"),
    ("sudo -h host A=1 cmd", "A=1", "cmd"),
    ("sudo -- cmd A=1", "", "cmd A=1"),
    ("sudo A=1 -- cmd", "A=1", "cmd"),
    ("sudo -- A=1 cmd", "", "A=1 cmd"),
    ("sudo -p -- cmd", "", "cmd"),
    ("sudo -p -- A=1 cmd", "", "A=1 cmd"),
    ("sudo /a=b c", "", "/a=b c"),
    ("sudo =b c", "", "=b c"),
    ("sudo A= B==x cmd", "A= B==x", "cmd"),
    ("sudo -s", "", ""),
    ("sudo -u", "", ""),
    ("sudo - x", "", "- x"),
    ("sudo", "", ""),
  ]

  @Test(arguments: lines) func `sudo's options, variables and command are told apart`(
    line: String, variables: String, command: String
  ) {
    func words(_ text: String) -> [ByteString] { text.split(separator: " ").map { ByteString(String($0)) } }
    let parsed = SudoCommandLine(arguments: words(line))
    #expect(parsed.variables == words(variables))
    #expect(parsed.command == words(command))
  }

  @Test(arguments: [
    ("doas cmd -u x", "cmd -u x"), ("doas -u root -n cmd", "cmd"), ("doas -nuroot cmd", "cmd"),
    ("doas -nu root cmd", "cmd"), ("doas -C conf -- cmd -n", "cmd -n"), ("doas A=1 cmd", "A=1 cmd"),
    ("doas -u", ""),
  ]) func `doas has options and a command`(line: String, command: String) {
    func words(_ text: String) -> [ByteString] { text.split(separator: " ").map { ByteString(String($0)) } }
    let parsed = SudoCommandLine(doas: words(line))
    #expect(parsed.command == words(command))
    #expect(parsed.variables == [])
  }

  @Test func `A variable's bytes need not be UTF-8`() {
    let variable = ByteString(Array("A=".utf8) + [0xff, 0xfe])
    #expect(SudoCommandLine(arguments: ["sudo", variable, "cmd"]).variables == [variable])
  }
}
