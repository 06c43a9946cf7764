// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Where Python's time went, and how many processes could be seen inside; nil where there was none.
  var profileSection: Section? {
    let table = inspection.profiles
    guard !table.kinds.isEmpty || !table.functions.isEmpty else { return nil }
    let sum = table.sum
    let count = table.functions.count + table.others.count
    var heading = Line(sum.hasTimes ? "Where its Python time went" : "Python", .heading)
    heading.add("  ")
    if sum.hasTimes { heading.add("\(Words.duration(sum.own)), waiting included, in ") }
    heading.add(Self.versions(table))
    if count > 0 { heading.add("; \(Words.count(sum.calls, "call")) of \(Words.count(count, "function"))") }
    let doubts = observationDoubts
    if style.isFull {
      let lines = functionLists(limit: .max) + doubts + processLists
      return Section(heading) { _ in lines }
    }
    return Section(heading) { limit in functionLists(limit: max(2, limit - doubts.count)) + doubts }
  }

  /// "20 processes of 3.11.7, 2 of 2.7.18"
  private static func versions(_ table: ProfileTable) -> String {
    var counts: [String?: Int] = [:]
    for (kind, interpreters) in table.kinds { counts[kind.version, default: 0] += interpreters.count }
    // Those that were lost, but for their functions.
    if counts.isEmpty { counts[nil] = table.processes.count }
    let sorted = counts.sorted { ($1.value, $0.key ?? "~") < ($0.value, $1.key ?? "~") }
    return sorted.enumerated().map { index, entry in
      let count = index == 0 ? Words.count(entry.value, "process", "processes") : Words.count(entry.value)
      var version: [UInt8] = []
      Printable.appendPath(ByteString(entry.key ?? "a version that is not known"), to: &version)
      return count + " of " + String(decoding: version, as: UTF8.self)
    }.joined(separator: ", ")
  }

  // MARK: Functions

  /// What stands above a list's functions.
  private static let title = "function"
  /// How many functions a list has that is given room and no number.
  private static let usual = 6

  private func functionLists(limit: Int) -> [Line] {
    let table = inspection.profiles
    if table.functions.isEmpty { return [] }
    let all = table.sums.indices.map { FunctionRow(function: $0, profile: table.sums[$0]) }
    let hasTimes = all.contains(where: \.profile.hasTimes)
    let imports = style.isFull ? [] : all.filter { Self.imports(table.functions[$0.function]) }
    let rows = style.isFull ? all : all.filter { !Self.imports(table.functions[$0.function]) }
    let importLines = importLines(imports)
    let limit = limit == .max ? .max : max(2, limit - importLines.count)
    let measures: [Profile.Measure] =
      if let sort = style.sort { [sort] } else if !hasTimes { [.calls] } else if style.isFull { [.own] } else
      {
        [.own, .total]
      }
    let top = style.top ?? (style.isFull ? .max : Self.usual)
    // Each list has a line that says what its columns are, and all have one in common that says what is left out.
    var lists: [(measure: Profile.Measure, rows: [FunctionRow], most: Int, title: String)]
    if measures.count == 1 || (rows.count <= min(top, limit - 1) && table.others.count == 0) || limit < 7 {
      // Where one holds all, another would say the same in another order; and two lists of one line each are worth less
      // than one of two.
      let holdsAll = rows.count <= min(top, limit - 1) && table.others.count == 0
      let most = min(top, holdsAll ? limit - 1 : limit == .max ? .max : limit - 2)
      lists = [(measures[0], rows, most, Self.title)]
    } else {
      let room = limit == .max ? Int.max : limit - 1 - measures.count
      // What a function takes by itself says more than that it called all others; but of the program's own one wants to know
      // also what they had others do.
      let own = rows.filter(Self.ofNoLibrary(table))
      let second = min(top, room / 2, own.isEmpty ? .max : own.count)
      lists = [
        (measures[0], rows, min(top, room - second), Self.title),
        (measures[1], own.isEmpty ? rows : own, second, own.isEmpty ? Self.title : "function of no library"),
      ]
    }
    var lines: [Line] = []
    var shown: Set<Int> = []
    if !rows.isEmpty {
      for (measure, rows, most, title) in lists {
        let list = Self.largest(rows, by: measure, max(1, most))
        shown.formUnion(list.map(\.function))
        lines += self.lines(list, by: measure, title: title)
      }
    }
    let rest = rows.count - shown.count + table.others.count
    if rest > 0, !style.isFull || style.top != nil {
      let text = Words.count(rest, "more function")
      lines.append(style.isFull ? Line("  … " + text, .faint) : more(text))
    } else if table.others.count > 0 {
      lines.append(
        Line("  … \(Words.count(table.others.count, "more function")) that memory did not hold", .faint))
    }
    return lines + importLines
  }

  /// What Python itself does to import a module; not what stands in the module.
  private static func imports(_ function: ProfileTable.Function) -> Bool {
    ["<frozen importlib.", "<frozen zipimport>"].contains { function.file.bytes.starts(with: $0.utf8) }
  }

  /// Whether a function's file is neither Python's nor was installed for it; of each file it is found out once.
  private static func ofNoLibrary(_ table: ProfileTable) -> (FunctionRow) -> Bool {
    var known: [ByteString: Bool] = [:]
    let frozen = FrozenFiles(table.functions.lazy.map(\.file))
    return { row in
      let file = table.functions[row.function].file
      if let answer = known[file] { return answer }
      let answer =
        !file.bytes.starts(with: "<frozen ".utf8) && Crowd(file)?.kind != .python && !frozen.isLibrary(file)
      known[file] = answer
      return answer
    }
  }

  /// The functions that import, as one.
  private func importLines(_ rows: [FunctionRow]) -> [Line] {
    if rows.isEmpty { return [] }
    let sum = rows.reduce(into: Profile()) { $0.add($1.profile) }
    var line = Line("  importing modules")
    if sum.hasTimes {
      // One of them is below all that is done for an import.
      let total = rows.map(\.profile.total).max() ?? 0
      line.add(" took \(Words.duration(total)), \(Words.duration(sum.own)) of it the importing itself")
    }
    line.add(": \(Words.count(sum.calls, "call")) of \(Words.count(rows.count, "function"))", .faint)
    return [line]
  }

  private struct FunctionRow {
    var function: Int
    var profile: Profile
  }

  private static func largest(_ rows: [FunctionRow], by measure: Profile.Measure, _ most: Int)
    -> [FunctionRow]
  {
    let sorted = rows.sorted {
      ($1.profile[measure], $1.profile.total, $1.profile.calls, $0.function)
        < ($0.profile[measure], $0.profile.total, $0.profile.calls, $1.function)
    }
    return Array(sorted.prefix(most))
  }

  /// A list, with the column first that it is in the order of.
  private func lines(
    _ rows: [FunctionRow], by measure: Profile.Measure, indent: Int = 2, title: String = Self.title
  ) -> [Line] {
    let columns = [measure] + Profile.Measure.allCases.filter { $0 != measure }
    let margin = String(repeating: " ", count: indent)
    // Where there is little room, the names are worth more than what can be worked out, or stands in the full page.
    let isNarrow = style.cut.map { $0 < 100 } ?? false
    var cells: [[String]] = [columns.map(\.rawValue) + (isNarrow ? [] : ["mean", "max"])]
    for row in rows {
      let profile = row.profile
      func time(_ value: UInt64?) -> String {
        profile.hasTimes ? value.map(Words.duration) ?? "–" : "–"
      }
      cells.append(
        columns.map { $0 == .calls ? Words.count(profile.calls) : time(profile[$0]) }
          + (isNarrow ? [] : [time(profile.mean), time(profile.longest)]))
    }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    return cells.enumerated().map { index, row in
      let numbers = zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
      var line = Line(margin)
      guard index > 0 else {
        line.add(numbers.joined(separator: "  ") + "  " + title, .faint)
        return line
      }
      line.add(numbers[0])
      line.add("  " + numbers.dropFirst().joined(separator: "  ") + "  ", .faint)
      line.add(function(rows[index - 1], from: line.columns))
      return line
    }
  }

  /// The function's name, and where it is.
  private func function(_ row: FunctionRow, from column: Int) -> Line {
    let function = inspection.profiles.functions[row.function]
    // The name is worth more than where it is.
    let room = style.isFull ? Int.max : max(24, (style.cut ?? 120) - column)
    var name: [UInt8] = []
    Printable.appendPath(function.qualifiedName ?? function.name, to: &name)
    var line = Line()
    var cut: [UInt8] = []
    Printable.appendCut(name, columns: style.isFull ? .max : max(12, room * 3 / 5), to: &cut)
    line.add(cut, .name)
    line.add("  ")
    let number = ":\(function.line)"
    let profile = row.profile
    // Mean and maximum are of each run, and most runs of such a one are resumes.
    let isMostlyResumed = profile.resumes > profile.calls
    let resumed = "  resumed \(Words.count(profile.resumes, "time"))"
    let suffix = number.utf8.count + (isMostlyResumed ? resumed.count : 0)
    let left = style.isFull ? Int.max : max(8, room - line.columns - suffix)
    var file: [UInt8] = []
    if function.file.isAbsolute {
      file = places.text(function.file, columns: left)
    } else {
      var text: [UInt8] = []
      Printable.appendPath(function.file, to: &text)
      Printable.appendCut(text, columns: left, to: &file)
    }
    line.add(file + Array(number.utf8))
    if isMostlyResumed || style.isFull && profile.resumes > 0 { line.add(resumed, .faint) }
    if style.isFull, profile.exceptions > 0 {
      line.add("  \(Words.count(profile.exceptions)) left by an exception", .faint)
    }
    if profile.unfinished > 0, style.isFull || profile.unfinished >= profile.calls {
      line.add("  \(Words.count(profile.unfinished)) unfinished", .faint)
    }
    return line
  }

  // MARK: Processes, of a full page

  /// How many functions of each process are listed.
  private static let usualOfProcess = 10

  private var processLists: [Line] {
    let table = inspection.profiles
    guard table.processes.count > 1 else { return [] }
    let measure = style.sort ?? (table.sum.hasTimes ? .own : .calls)
    return table.processes.flatMap { observed -> [Line] in
      var title = Line("  ")
      var program: [UInt8] = []
      Printable.appendPath(name(of: observed.program), to: &program)
      title.add(program, .name)
      title.add("  pid \(observed.process.pid)")
      if let version = observed.version {
        title.add(", ")
        var text: [UInt8] = []
        Printable.appendPath(ByteString(version), to: &text)
        title.add(text)
      }
      title.add(
        ": \(Words.count(observed.sum.calls, "call")) of \(Words.count(observed.functions, "function"))")
      let rows = observed.profiles.map { FunctionRow(function: $0.key, profile: $0.value) }
      let list = Self.largest(rows, by: measure, style.top ?? Self.usualOfProcess)
      return [title] + lines(list, by: measure, indent: 4)
    }
  }

  // MARK: What was not seen

  /// Who could not be observed, who could in part, and what had no room: a line for each reason.
  private var observationDoubts: [Line] {
    let table = inspection.profiles
    let kinds = table.kinds.sorted { ($1.value.count, $0.key.order) < ($0.value.count, $1.key.order) }
    var lines: [Line] = []
    for (kind, interpreters) in kinds {
      guard let doubt = kind.doubt else { continue }
      var line = Line("  ")
      line.add(doubt + " ", .bad)
      line.add(Words.count(interpreters.count, "process", "processes"))
      if !interpreters.programs.isEmpty {
        var names: [UInt8] = []
        for (index, program) in interpreters.programs.enumerated() {
          if index > 0 { names += ", ".utf8 }
          Printable.appendPath(name(of: program), to: &names)
        }
        line.add(Array(" (".utf8) + names + Array(")".utf8))
      }
      if let reason = kind.reason {
        var text: [UInt8] = []
        Printable.appendPath(ByteString(reason), to: &text)
        line.add(": ")
        line.add(text)
      }
      lines += wrapped(line)
    }
    if table.lostFunctions > 0 || table.lostCalls > 0 || table.lostReads > 0 {
      var lost: [String] = []
      if table.lostFunctions > 0 || table.lostCalls > 0 {
        lost.append(
          Words.count(table.lostFunctions, "function") + " with " + Words.count(table.lostCalls, "call"))
      }
      if table.lostReads > 0 { lost.append(Words.count(table.lostReads, "look-up") + " of variables") }
      lines += wrapped(Line("  had no room in a process's table: " + lost.joined(separator: ", "), .bad))
    }
    return lines
  }
}

extension ProfileTable.Kind {
  /// What was not observed, as the beginning of a sentence; nil where all was that was asked for.
  fileprivate var doubt: String? {
    switch method {
    case .usdt:
      return
        "seen from outside alone, by the interpreter's own probes (times contain what these take, some µs a call), in"
    case .uprobe: return "seen from outside alone, calls without times, in"
    default: break
    }
    if reason != nil {
      if !hasCalls, !hasEnvironment { return "not observed inside in" }
      if !hasCalls { return "calls not counted in" }
      if !hasEnvironment { return "look-ups of variables not seen in" }
      return "not all observed in"
    }
    return nil
  }

  fileprivate var order: String { "\(version ?? "") \(method) \(reason ?? "")" }
}
