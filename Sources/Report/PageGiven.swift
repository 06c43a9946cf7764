// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// How the environment that each program was given differs from its caller's; nil unless that was asked for, and of a page
  /// that is not full.
  var givenSection: Section? {
    guard style.isFull else { return nil }
    var lines: [Line] = []
    var same = 0
    let tree = inspection.processes.tree
    for process in tree.order.map({ tree.processes[$0] }) {
      for image in process.images {
        guard let difference = image.environment else { continue }
        let given = self.lines(difference)
        if given.isEmpty {
          same += 1
          continue
        }
        var title = Line("  ")
        var program: [UInt8] = []
        Printable.appendPath(name(of: image.program), to: &program)
        title.add(program, .name)
        title.add("  pid \(process.id.pid)")
        if difference.isWhole { title.add(", all that it was given", .faint) }
        lines += [title] + given
      }
    }
    if lines.isEmpty, same == 0 { return nil }
    if same > 0 {
      lines.append(Line("  the same as its caller: \(Words.count(same, "program"))", .faint))
    }
    let heading = Line("Which environment each program was given  + added  ~ changed  - removed", .heading)
    return Section(heading) { _ in lines }
  }

  private func lines(_ difference: EnvironmentDifference) -> [Line] {
    if difference.isUnreadable { return [Line("    unreadable", .bad)] }
    func line(_ sign: String, _ name: ByteString, _ value: ByteString?) -> Line {
      var line = Line("    " + sign + " ", .faint)
      line.add(text(name), .name)
      if let value {
        line.add("=", .faint)
        line.add(text(value))
      }
      return line
    }
    var lines = difference.added.map { line("+", $0.name, $0.value) }
    lines += difference.changed.map { line("~", $0.name, $0.value) }
    lines += difference.removed.map { line("-", $0, nil) }
    if difference.isTruncated { lines.append(Line("    … more, which was not kept", .faint)) }
    return lines
  }
}
