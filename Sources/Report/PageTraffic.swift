// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// How many bytes went where, the largest first; nil when nobody counted.
  var trafficSection: Section? {
    let traffic = inspection.traffic
    guard traffic.total.processes > 0 else { return nil }
    var sums: [Place: TrafficTable.Sum] = [:]
    var members: [Place: Int] = [:]
    for (path, sum) in traffic.files {
      let place = Place(path, isFolding: !style.isFull)
      sums[place, default: TrafficTable.Sum()].add(sum)
      members[place, default: 0] += 1
    }
    let rows = sums.sorted { ($1.value.all, $0.key) < ($0.value.all, $1.key) }
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
          if row.value.read > 0 { read.add(Words.bytes(row.value.read) + " read") }
          if row.value.written > 0 { written.add(Words.bytes(row.value.written) + " written") }
          switch row.key {
          case .path(let name):
            path.add(places.text(name, columns: style.cut.map { max(8, $0 / 2) } ?? .max), .name)
          case .kind(let kind): path.add(Words.count(members[row.key] ?? 0, kind))
          }
          return [read, written, path]
        })
      if !isAll {
        let rest = rows.dropFirst(shown.count).reduce(traffic.others.processes) {
          $0 + (members[$1.key] ?? 0)
        }
        lines.append(more(Words.count(rest) + " more"))
      }
      return lines
    }
  }
}

/// What bytes are told of: a file by its path, pipes and sockets all together.
private enum Place: Hashable, Comparable {
  case path(ByteString)
  case kind(String)

  init(_ path: ByteString, isFolding: Bool) {
    self = .path(path)
    guard isFolding, path.isPseudo else { return }
    for kind in ["pipe", "socket"] where path.bytes.starts(with: (kind + ":").utf8) { self = .kind(kind) }
  }
}

extension TrafficTable.Sum {
  fileprivate var all: UInt64 { read &+ written }
}
