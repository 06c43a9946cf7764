// SPDX-License-Identifier: Apache-2.0
internal import SystemPackage

internal import Glibc

/// A program of Tests/Programs/hard, and what must be told of it. Both stand in one file: lines of the head that begin
/// with `//:` (`#:` in a script) hold one word each of the list below, and what it is given.
///
///     claim: what is so, in one sentence           status: the exit code; 0 unless given
///     options: Honeyguide's own                    through: words before `honeyguide`
///     prepare: a shell script, run by root in the working directory before
///     command: what is run; the program unless given            flags: the compiler's
///     expect: EVENT FIELD=VALUE …   just one line of the story fits;  expect 3:  three;  expect some:  one or more;  <3: fewer
///     never: EVENT FIELD=VALUE …    no line fits
///     page: words that stand on the full page      loses: a reason for which events may be lost
///
/// In all of them $W is the working directory, $P the program, $H honeyguide; in expectations also what the program
/// itself wrote into the file `account`, as lines NAME=VALUE: it is the witness. A field is reached with dots
/// (`child.pid`, `argv.0`, `argv.count`); `=-` means absent, `=null` null, `*` stands for anything; `<` and `>` compare
/// numbers, `!` is for anything else. Bytes that are no printable ASCII, the space, $ and the backslash are written \xNN.
public struct HardCase: Sendable, CustomStringConvertible {
  public var file: String
  public var claim = ""
  public var description: String { claim }
  var status: Int32 = 0
  var options = "", through = "", prepare = "", command = "$P", flags = "", loses = ""
  var expectations: [HardExpectation] = []
  var page: [String] = []

  static let folder = Requirement.repository.appending("Tests/Programs/hard")

  /// All of them, in the order of their names.
  public static let all: [HardCase] = {
    let listing = try? Command(["/bin/ls", folder.string], in: "/").succeed().outputText
    return (listing ?? "").split(separator: "\n").filter { !$0.hasSuffix(".h") }.map {
      HardCase(file: String($0))
    }
  }()

  init(file: String) {
    self.file = file
    let text = (try? Files.text(Self.folder.appending(file))) ?? ""
    for line in text.split(separator: "\n") {
      guard let mark = ["//: ", "#: "].first(where: { line.hasPrefix($0) }) else { continue }
      let parts = line.dropFirst(mark.count).split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      set(parts[0].split(separator: " ").map(String.init), String(parts[1].drop { $0 == " " }))
    }
  }

  private mutating func set(_ key: [String], _ value: String) {
    switch key[0] {
    case "claim": claim = value
    case "status": status = Int32(value) ?? -1
    case "options": options = value
    case "through": through = value
    case "prepare": prepare += value + "\n"
    case "command": command = value
    case "flags": flags = value
    case "loses": loses = value
    case "page": page.append(value)
    case "never": expectations.append(HardExpectation(value, count: "0"))
    case "expect":
      expectations.append(HardExpectation(value, count: key.count == 1 ? "1" : key[1]))
    default: expectations.append(HardExpectation("no-such-keyword \(key)", count: "1"))
    }
  }

  /// What is not as it must be; empty when all is.
  ///
  /// `injecting`: with the agent in its programs.
  public func complaints(injecting: Bool) throws -> [String] {
    let laboratory = try Laboratory()
    defer { laboratory.close() }
    let isScript = !file.hasSuffix(".c")
    let source = Self.folder.appending(file)
    let name = String(file.split(separator: ".")[0])
    let program =
      isScript
      ? source.string
      : try laboratory.program("hard/" + name, flags: flags.split(separator: " ").map(String.init))
    var words = ["W": laboratory.work.string, "P": program, "H": try Requirement.honeyguide()]
    func fill(_ text: String) -> [String] {
      text.split(separator: " ").map { HardExpectation.fill(String($0), words) }
    }
    try laboratory.clean()
    if !prepare.isEmpty {
      let script = "set -e\n" + HardExpectation.fill(prepare, words)
      try Command(["/bin/sh", "-c", script], in: laboratory.work).succeed()
    }
    let page = laboratory.root.appending("page")
    let (outcome, story) = try laboratory.inspect(
      Command(fill(command), in: laboratory.work), through: fill(through),
      options: ["--full", "--page", page.string] + fill(options), mayLose: loses.isEmpty ? [] : [loses],
      injecting: injecting)
    let account = (try? Files.text(laboratory.work.appending("account"))) ?? ""
    for line in account.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      words[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
    var complaints: [String] = []
    if outcome.status != status {
      complaints.append("it ended with \(outcome.status), not \(status): \(outcome.errorText)")
    }
    if claim.isEmpty || expectations.isEmpty { complaints.append("\(file) claims nothing") }
    for expectation in expectations {
      if let complaint = expectation.complaint(story, words) { complaints.append(complaint) }
    }
    let pageText = try Files.text(page)
    for text in self.page where !pageText.contains(HardExpectation.fill(text, words)) {
      complaints.append("not on the page: \(text)\n\(pageText)")
    }
    return complaints
  }
}

/// One line of the story that must be there so many times: "3", "some" (once or more), "<3".
struct HardExpectation: Sendable {
  private let text: String
  private let count: String

  init(_ text: String, count: String) {
    self.text = text
    self.count = count
  }

  func complaint(_ story: HoneyguideLines, _ words: [String: String]) -> String? {
    let parts = text.split(separator: " ").map { Self.fill(String($0), words) }
    let all =
      [HoneyguideLines.Line(json: story.start)] + story.lines + [HoneyguideLines.Line(json: story.summary)]
    let ofKind = all.filter { $0.event == parts[0] }
    let found = ofKind.filter { line in parts.dropFirst().allSatisfy { Self.fits(line, $0) } }.count
    if count == "some"
      ? found > 0 : count.hasPrefix("<") ? found < Int(count.dropFirst()) ?? 0 : "\(found)" == count
    {
      return nil
    }
    // Those that are nearest, to see what differs.
    let near = ofKind.map { line in (line, parts.dropFirst().count { Self.fits(line, $0) }) }
      .sorted { $0.1 > $1.1 }.prefix(3).map { "    \($0.0.text)" }.joined(separator: "\n")
    return
      "\(found) times instead of \(count): \(parts.joined(separator: " "))\n\(near)"
  }

  private static func fits(_ line: HoneyguideLines.Line, _ condition: String) -> Bool {
    guard let place = condition.firstIndex(where: { "=<>!".contains($0) }) else { return false }
    let wanted = String(condition[condition.index(after: place)...])
    let value = line.value(String(condition[..<place]))
    switch condition[place] {
    case "<": return Int128(value ?? "").flatMap { value in Int128(wanted).map { value < $0 } } ?? false
    case ">": return Int128(value ?? "").flatMap { value in Int128(wanted).map { value > $0 } } ?? false
    case "!": return value != wanted
    default:
      guard let value else { return wanted == "-" }
      return wanted.contains("*")
        ? unsafe fnmatch(escaped(wanted), value, FNM_NOESCAPE) == 0 : value == wanted
    }
  }

  /// Only the star is special.
  private static func escaped(_ pattern: String) -> String {
    pattern.replacing("[", with: "[[]").replacing("?", with: "[?]")
  }

  /// Puts words in the places of their names.
  static func fill(_ text: String, _ words: [String: String]) -> String {
    words.sorted { $0.key.count > $1.key.count }.reduce(text) { text, word in
      text.replacing("$" + word.key, with: word.value)
    }
  }
}

extension HoneyguideLines.Line {
  /// A field as text, bytes escaped; nil where it is absent.
  func value(_ path: String) -> String? {
    let parts = path.split(separator: ".").map(String.init)
    if parts.count == 2, let list = json[parts[0]]?.array {
      if parts[1] == "count" { return "\(list.count)" }
      guard let index = Int(parts[1]), list.indices.contains(index) else { return nil }
      return list[index] == .null ? "null" : self.list(parts[0]).map { $0[index].escaped }
    }
    if parts.count == 1, let bytes = bytes(path) { return bytes.escaped }
    var value: JSON? = json
    for part in parts { value = value?[part] }
    switch value {
    case nil: return nil
    case .null: return "null"
    case .boolean(let value): return "\(value)"
    case .integer(let value): return "\(value)"
    case .string(let value): return Bytes(value).escaped
    case .array(let values): return values.compactMap(\.string).joined(separator: ",")
    case .object: return "{}"
    }
  }

  var text: String {
    guard case .object(let members) = json else { return "" }
    return members.keys.sorted().map { "\($0)=\(value($0) ?? "")" }.joined(separator: " ")
  }
}

extension Bytes {
  /// As expectations are written.
  fileprivate var escaped: String { description.replacing(" ", with: "\\x20").replacing("$", with: "\\x24") }
}
