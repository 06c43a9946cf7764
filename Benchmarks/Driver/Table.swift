// SPDX-License-Identifier: Apache-2.0

/// Sections as Markdown, which reads as a table in a terminal too.
enum Table {
  static func text(_ section: Section) -> String {
    var names: [String] = []
    for row in section.rows {
      for figure in row.figures where !names.contains(figure.name) { names.append(figure.name) }
    }
    let hasLoss = section.rows.contains { $0.loss.map { !$0.text.isEmpty } ?? false }
    let hasMarks = section.rows.contains { !$0.marks.isEmpty }
    let hasNotes = section.rows.contains { !$0.note.isEmpty }
    var lines = [
      ["tool"] + names + (hasLoss ? ["events lost"] : []) + (hasMarks ? ["mark"] : [])
        + (hasNotes ? ["note"] : [])
    ]
    for row in section.rows {
      var cells = [row.tool]
      for name in names { cells.append(row.figures.first { $0.name == name }?.text ?? "") }
      if hasLoss { cells.append(row.loss?.text ?? "") }
      if hasMarks {
        cells.append(
          row.marks.map { $0.text + ": " + ($0.met ? "met" : "**missed**") }.joined(separator: "; "))
      }
      if hasNotes { cells.append(row.note) }
      lines.append(cells)
    }
    var text = "### \(section.title)\n\n"
    if !section.explanation.isEmpty { text += section.explanation + "\n\n" }
    return text + grid(lines) + "\n"
  }

  private static func grid(_ lines: [[String]]) -> String {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      var text = "|"
      for (cell, width) in zip(cells, widths) {
        let clean = cell.map { $0 == "|" || $0 == "\n" ? " " : String($0) }.joined()
        text += " " + clean + String(repeating: " ", count: max(0, width - clean.count)) + " |"
      }
      return text + "\n"
    }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) + "|" }.joined() + "\n"
    return line(lines[0]) + rule + lines.dropFirst().map(line).joined()
  }
}

/// The same as one JSON object, with every sample.
enum JSON {
  static func text(_ sections: [Section], machine: [(String, String)], pairs: Int) -> String {
    let facts = machine.map { "\(quoted($0.0)):\(quoted($0.1))" }.joined(separator: ",")
    let body = sections.map { section in
      let rows = section.rows.map(object).joined(separator: ",\n    ")
      return
        "  {\"name\":\(quoted(section.name)),\"title\":\(quoted(section.title)),\"rows\":[\n    \(rows)]}"
    }
    return "{\"machine\":{\(facts)},\"pairs\":\(pairs),\"sections\":[\n\(body.joined(separator: ",\n"))]}\n"
  }

  private static func object(_ row: Row) -> String {
    var members = ["\"tool\":\(quoted(row.tool))"]
    let figures = row.figures.map { figure in
      let spread = Spread(figure.samples)
      return "{\"name\":\(quoted(figure.name)),\"unit\":\(quoted(figure.unit.rawValue)),"
        + "\"median\":\(spread.median),\"min\":\(spread.least),\"max\":\(spread.greatest),"
        + "\"samples\":[\(figure.samples.map { "\($0)" }.joined(separator: ","))]}"
    }
    members.append("\"figures\":[\(figures.joined(separator: ","))]")
    if let loss = row.loss {
      let claimed = loss.claimed.map { "\($0)" } ?? "null"
      let missing = loss.comparable ? "\(loss.missing)" : "null"
      members.append(
        "\"events\":\(loss.truth),\"missing\":\(missing),\"surplus\":\(loss.surplus),\"claimed_lost\":\(claimed)"
      )
    }
    let marks = row.marks.map { "{\"mark\":\(quoted($0.text)),\"met\":\($0.met)}" }
    members.append("\"marks\":[\(marks.joined(separator: ","))]")
    members.append("\"note\":\(quoted(row.note)),\"failed\":\(row.failed)")
    return "{\(members.joined(separator: ","))}"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
