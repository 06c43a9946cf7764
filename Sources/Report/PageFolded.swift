// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What memory could not hold path by path: for each directory how many names, and what was done with them.
  var foldedSection: Section? {
    let folded = inspection.files.folded.sorted { ($1.value.names, $0.key) < ($0.value.names, $1.key) }
    if folded.isEmpty { return nil }
    return Section(Line("What is counted by directory alone", .heading)) { limit in
      var lines = folded.prefix(folded.count > limit ? limit - 1 : limit).map { directory, sum in
        let names = Words.count(sum.names, "name") + " in "
        var line = Line("  " + names)
        line.add(places.text(directory, columns: style.cut.map { max(8, $0 / 2) } ?? .max), .name)
        line.add("  " + Self.uses(sum.counts), .faint)
        return line
      }
      if lines.count < folded.count {
        lines.append(more(Words.count(folded.count - lines.count, "more directory", "more directories")))
      }
      return lines
    }
  }
}
