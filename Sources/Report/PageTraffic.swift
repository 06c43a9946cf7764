// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// How many bytes went where, the largest first; nil when nobody counted.
  var trafficSection: Section? {
    let traffic = inspection.traffic
    guard traffic.total.processes > 0 else { return nil }
    var rows = traffic.files.map { (path: $0.key, sum: $0.value) }
    rows.sort { ($1.sum.all, $0.path) < ($0.sum.all, $1.path) }
    var heading = Line("Bytes read and written", .heading)
    heading.add(
      "  " + Words.bytes(traffic.total.read) + " read, " + Words.bytes(traffic.total.written) + " written",
      .faint)
    return Section(heading) { limit in
      let isAll = rows.count <= limit && traffic.others.processes == 0
      let shown = rows.prefix(isAll ? limit : max(0, limit - 1))
      var lines = aligned(
        shown.map { row in
          var read = Line(), written = Line(), path = Line()
          if row.sum.read > 0 { read.add(Words.bytes(row.sum.read) + " read") }
          if row.sum.written > 0 { written.add(Words.bytes(row.sum.written) + " written") }
          path.add(places.text(row.path, columns: style.cut.map { max(8, $0 / 2) } ?? .max), .name)
          return [read, written, path]
        })
      if !isAll {
        lines.append(more(Words.count(rows.count - shown.count + traffic.others.processes, "more file")))
      }
      return lines
    }
  }
}

extension TrafficTable.Sum {
  fileprivate var all: UInt64 { read &+ written }
}
