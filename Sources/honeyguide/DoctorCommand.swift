// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Probes

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Tell what this kernel and these rights allow, by trying.",
    discussion: "Exits with 0 when 'honeyguide run' works here, and with 77 when it does not.")

  func run() throws {
    let diagnosis = Diagnosis(program: Diagnosis.ownProgram)
    for finding in diagnosis.findings {
      let mark =
        switch finding.verdict {
        case .good: "ok  "
        case .bad: "NO  "
        case .note: "    "
        }
      print(mark + finding.sentence)
    }
    if !diagnosis.isGood { throw ExitCode(77) }
  }
}
