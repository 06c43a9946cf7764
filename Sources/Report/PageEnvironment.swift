// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Which variables of the environment were looked up, and what was found; nil where none was.
  var environmentSection: Section? {
    let table = inspection.environment
    if table.variables.isEmpty, table.whole.isEmpty, table.others == 0 { return nil }
    let set = table.variables.count(where: \.isSet)
    let hasShell = table.variables.contains { $0.answers.contains { $0.source == .bash } }
    var heading = Line(
      hasShell
        ? "Which variables it looked up, bash's among them" : "Which environment variables it looked up",
      .heading)
    heading.add("  \(Words.count(set)) set, \(Words.count(table.variables.count - set)) not set", .faint)
    if style.isFull {
      let lines = aligned(everyAnswer) + wholeReads + uncounted
      return Section(heading) { _ in lines }
    }
    let variables = LookedUp(self)
    let rest = wholeReads + variables.usual(self) + uncounted
    let wanted = [
      setLines(variables.set, limit: Page.lines).count, unsetLines(variables.groups, limit: Page.lines).count,
    ]
    return Section(heading) { limit in
      // Who asks for all there is uses none of it more than another.
      let shares = Page.shares(
        of: [min(wanted[0], Self.mostSet), wanted[1]], room: max(2, limit - rest.count))
      return setLines(variables.set, limit: shares[0]) + unsetLines(variables.groups, limit: shares[1]) + rest
    }
  }

  /// So many lines of variables that were set are enough.
  private static let mostSet = 16

  // MARK: Those that were set

  private func setLines(_ variables: [Variable], limit: Int) -> [Line] {
    var rows: [[Line]] = []
    var told = 0
    for variable in variables {
      let answers = rowsOfAnswers(variable)
      // One line is left for what is not shown.
      let isLast = told == variables.count - 1
      if rows.count + answers.count > (isLast ? limit : limit - 1) { break }
      rows += answers
      told += 1
    }
    // One line for all names more than a line for one and another for how many there are.
    if told < min(2, variables.count), limit > 0, variables.count > 1 { return [setLine(variables)] }
    var lines = aligned(rows)
    let left = variables.count - told
    if left > 0 {
      lines.append(more(Words.count(left, "more variable") + (left == 1 ? " was set" : " were set")))
    }
    return lines
  }

  /// Where there is one line for all of them.
  private func setLine(_ variables: [Variable]) -> Line {
    let items = variables.map { variable -> Line in
      var item = Line()
      item.add(text(variable.name, columns: 40), .name)
      if let value = variable.answers.first(where: \.isSet)?.value {
        item.add("=")
        item.add(text(value, columns: 20))
      }
      return item
    }
    let lines = flow(items, first: Line(margin("set", to: 11)), indent: 13, limit: 1) {
      "+\(Words.count($0)) more"
    }
    return lines[0]
  }

  /// What was found under one name: a row for each different answer.
  private func rowsOfAnswers(_ variable: Variable) -> [[Line]] {
    var order: [Found] = []
    var by: [Found: [Variable.Answer]] = [:]
    for answer in variable.answers {
      let found = Found(answer, isFull: style.isFull)
      if by[found] == nil { order.append(found) }
      by[found, default: []].append(answer)
    }
    // The values first, then that somebody had none.
    order = order.filter(\.isSet) + order.filter { !$0.isSet }
    let limit = style.isFull ? .max : 3
    let kept = order.prefix(order.count > limit ? limit - 1 : limit)
    var rows = kept.enumerated().map { index, found -> [Line] in
      var name = Line()
      if index == 0 || style.isFull { name.add(text(variable.name), .name) }
      return [name, text(found), programs(by[found] ?? [])]
    }
    if kept.count < order.count {
      rows.append([Line(), Line("… \(Words.count(order.count - kept.count, "other answer"))", .faint)])
    }
    return rows
  }

  struct Found: Hashable {
    var isSet: Bool
    var value: ByteString?
    var fallback: ByteString?
    var isTruncated: Bool

    init(_ answer: Variable.Answer, isFull: Bool) {
      isSet = answer.isSet
      value = answer.value
      // What would have been taken where it is not set says nothing of one that is.
      fallback = answer.isSet && !isFull ? nil : answer.fallback
      isTruncated = answer.isTruncated
    }
  }

  private func text(_ found: Found) -> Line {
    var line = Line()
    if !found.isSet {
      line.add("not set", .faint)
    } else if let value = found.value {
      line.add(text(value, columns: style.isFull ? .max : 32))
      if found.isTruncated { line.add("…", .faint) }
    } else {
      line.add("set", .faint)
    }
    if let fallback = found.fallback {
      line.add(", default ", .faint)
      line.add(text(fallback, columns: style.isFull ? .max : 20))
    }
    return line
  }

  /// A name or a value as a word, within so many columns. Printable.
  func text(_ word: ByteString, columns limit: Int = .max) -> [UInt8] {
    var text: [UInt8] = []
    Printable.appendWord(word, to: &text)
    var cut: [UInt8] = []
    Printable.appendCut(text, columns: limit, to: &cut)
    return cut
  }

  /// "git ×12, ansible-playbook": who looked, by names.
  func programs(_ answers: [Variable.Answer]) -> Line {
    var line = Line()
    let named = Self.byName(answers.map { (name(of: $0.program), $0.processes) })
    let shown = named.prefix(style.isFull || named.count <= 3 ? .max : 2)
    for (index, (name, count)) in shown.enumerated() {
      if index > 0 { line.add(", ") }
      var text: [UInt8] = []
      Printable.appendPath(name, to: &text)
      line.add(text)
      if count > 1 { line.add(" ×" + Words.count(count)) }
    }
    if shown.count < named.count { line.add(", +\(Words.count(named.count - shown.count)) more", .faint) }
    if style.isFull {
      let lookups = answers.reduce(UInt64(0)) { $0.clampedSum($1.count) }
      let sources = Set(answers.map(\.source.rawValue)).sorted().joined(separator: ", ")
      line.add("  \(Words.count(lookups, "look-up")) (\(sources))", .faint)
    }
    return line
  }

  private static func byName(_ counts: [(ByteString, Int)]) -> [(ByteString, Int)] {
    var order: [ByteString] = []
    var sums: [ByteString: Int] = [:]
    for (name, count) in counts {
      if sums[name] == nil { order.append(name) }
      sums[name, default: 0] += count
    }
    return order.map { ($0, sums[$0] ?? 0) }
  }

  // MARK: Those that were not

  private func unsetLines(_ groups: [LookedUp.Group], limit: Int) -> [Line] {
    if groups.isEmpty || limit < 1 { return [] }
    let title = margin("not set", to: 11)
    // Names say more than that there are some: the last of few lines is not given away for telling how many there are.
    if limit == 1, groups.count > 1 {
      let first = groups[0]
      let others = groups.dropFirst().reduce(0) { $0 + $1.variables.count }
      return flow(first, title: title, others: others, limit: 1)
    }
    let shown = groups.prefix(groups.count > limit ? limit - 1 : limit)
    var spare = limit - min(limit, groups.count)
    var lines: [Line] = []
    for (index, group) in shown.enumerated() {
      let block = flow(group, title: index == 0 ? title : margin("", to: 11), limit: 1 + min(spare, 2))
      spare -= block.count - 1
      lines += block
    }
    if shown.count < groups.count {
      let rest = groups.dropFirst(shown.count).reduce(0) { $0 + $1.variables.count }
      var line = Line(lines.isEmpty ? title : margin("", to: 11))
      line.add("… \(Words.count(rest)) more, by other programs; --full shows them", .faint)
      lines.append(line)
    }
    return lines
  }

  /// A group's names, and that there are so many others.
  private func flow(_ group: LookedUp.Group, title: String, others: Int = 0, limit: Int) -> [Line] {
    var first = Line(title)
    first.add(group.programs + Array(":".utf8), .name)
    first.add(" ")
    var items = group.items(self)
    if others > 0 { items.append((Line("+\(Words.count(others)) more", .faint), others)) }
    return flow(items.map(\.text), first: first, indent: 13, limit: limit) {
      "+\(Words.count(items.suffix($0).reduce(0) { $0 + $1.count })) more"
    }
  }

  // MARK: The rest

  private var wholeReads: [Line] {
    let whole = inspection.environment.whole
    if whole.isEmpty { return [] }
    var line = Line("  the whole environment at once: ")
    line.add(programs(whole))
    return [line]
  }

  /// What there was no room to keep.
  private var uncounted: [Line] {
    let table = inspection.environment
    let omitted = table.variables.reduce(table.others) { $0.clampedSum($1.omitted) }
    guard omitted > 0 else { return [] }
    let text = "\(Words.count(omitted, "look-up")) more, which memory did not hold one by one"
    return [Line("  " + text, .faint)]
  }

  private var everyAnswer: [[Line]] {
    inspection.environment.variables.sorted { $0.name < $1.name }.flatMap(rowsOfAnswers)
  }
}
