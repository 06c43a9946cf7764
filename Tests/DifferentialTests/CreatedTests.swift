// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

extension Differential {
  /// Whether an open made its file. No tracer shows it; the witness is a program that looks before each of its opens.
  @Suite(.serialized) struct Created {
    @Test func eachOpenSaysWhetherItMadeTheFile() throws {
      let laboratory = try Laboratory()
      defer { laboratory.close() }
      let program = try laboratory.program("creates")
      try laboratory.clean()
      let (outcome, story) = try laboratory.inspect(Command([program], in: laboratory.work))
      let told = story.lines.compactMap { line -> String? in
        guard line.event == "open", let name = line.bytes("requested")?.description,
          line.json["flags"]?.array?.contains(where: { $0.string == "O_CREAT" }) == true
        else { return nil }
        switch line.json["created"]?.boolean {
        case true: return "\(name) made"
        case false: return "\(name) was there"
        case nil: return "\(name) \(line.error == nil ? "not known" : "failed")"
        }
      }
      #expect(told.count == 17 && told.count { $0.hasSuffix("made") } == 7)
      #expect(told == outcome.outputText.split(separator: "\n").map { String($0) })
      // Nothing is made by an open that does not ask for it.
      #expect(
        story.lines.allSatisfy { line in
          line.json["created"] == nil
            || line.json["flags"]?.array?.contains { $0.string == "O_CREAT" } == true
        })
    }
  }
}
