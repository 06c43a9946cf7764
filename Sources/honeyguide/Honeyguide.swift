// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser

@main
struct Honeyguide: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "honeyguide",
    abstract: "Shows what a program really does: what it runs, where it connects, which files it uses.",
    discussion: """
      Runs a command as it would run alone, watches it and everything it starts from inside the kernel (eBPF), and \
      prints a page on standard error when it has ended.

        sudo honeyguide run -- ./the_ansible_wrapper.sh
      """,
    version: Version.current,
    subcommands: [RunCommand.self, AttachCommand.self, DoctorCommand.self, PlaceAgentCommand.self])

  static func main() { main(GivenWords.ofThisProcess.parsed) }
}

enum Version {
  static let current = "0.1.0"
}
