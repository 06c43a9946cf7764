// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Where it listened, and who came; nil where it did not.
  var serviceSection: Section? {
    let rows = serviceRows()
    if rows.isEmpty { return nil }
    return Section(Line("Where it listened", .heading)) { addressLines(rows, telling: rows.count, limit: $0) }
  }

  private func serviceRows() -> [[Line]] {
    var rows: [[Line]] = []
    // What did not work is worth a line, and what works first.
    let entries = inspection.services.entries.sorted {
      ($0.listens + $0.accepted > 0 ? 0 : 1, $0.first) < ($1.listens + $1.accepted > 0 ? 0 : 1, $1.first)
    }
    for entry in entries
    where entry.listens + entry.accepted > 0 || !entry.failures.isEmpty || isOffered(entry) {
      var place: [UInt8] = []
      if entry.isFolded {
        place += "other addresses".utf8
      } else if let local = entry.local {
        place += text(local, entry.transport)
      } else {
        place += (entry.transport.name + " address that is not known").utf8
      }
      var first = Line()
      first.add(place)
      var second = Line()
      var program: [UInt8] = []
      Printable.appendPath(name(of: entry.program), to: &program)
      second.add(program, .name)
      rows.append([first, second, happened(at: entry)])
    }
    return rows
  }

  /// A socket that receives datagrams at an address of its own; a client's is any address and a port that was chosen
  /// for it, which cannot be told from a service's: it is shown in full only.
  private func isOffered(_ entry: Service) -> Bool {
    guard entry.binds > 0 else { return false }
    guard case .internet(let address) = entry.local, !style.isFull else {
      return entry.local != .unnamed
    }
    return address.port != 0 && address.port < 32_768
  }

  private func happened(at entry: Service) -> Line {
    var line = Line()
    if entry.accepted > 0 {
      line.add("accepted " + Words.count(entry.accepted), .good)
      if !entry.hosts.isEmpty { line.add(" from " + hosts(of: entry)) }
    } else if entry.listens > 0 {
      line.add("listened, nobody came")
    } else if entry.binds > 0 {
      line.add(entry.transport.isDatagram ? "bound to receive" : "bound")
    }
    for (error, count) in entry.failures.sorted(by: { $0.key.number < $1.key.number }) {
      if !line.isEmpty { line.add(", ") }
      line.add(Words.error(error) + (count == 1 ? "" : " ×" + Words.count(count)), .bad)
    }
    line.add(text(entry.traffic), .faint)
    return line
  }

  private func hosts(of entry: Service) -> String {
    let sorted = entry.hosts.sorted { ($1.value, "\($0.key)") < ($0.value, "\($1.key)") }
    let shown = sorted.prefix(style.isFull ? .max : 3)
    var words = shown.map { host, count in
      var text: [UInt8] = []
      host.append(to: &text)
      return String(decoding: text, as: UTF8.self)
        + (count == 1 || sorted.count == 1 ? "" : " ×" + Words.count(count))
    }
    let rest = sorted.dropFirst(shown.count).reduce(entry.fromOtherHosts) { $0 + $1.value }
    if rest > 0 { words.append(Words.count(rest) + " from others") }
    return words.joined(separator: ", ")
  }

  /// An address for a column: the protocol before it where it is no TCP. Printable.
  func text(_ address: SocketAddress, _ transport: Transport) -> [UInt8] {
    var text: [UInt8] = []
    switch address {
    case .path(let target):
      return places.text(target.path ?? target.requested ?? "", columns: style.isFull ? .max : 44)
    case .abstract: break
    case .netlink:
      if case .netlink(let number) = transport {
        text += ("netlink " + Transport.netlinkName(number) + " ").utf8
      }
    default: if transport != .tcp { text += (transport.name + " ").utf8 }
    }
    address.append(to: &text)
    return text
  }

  /// ", sent 1.20 kB, received 34 bytes"; nothing where nothing was.
  func text(_ traffic: Traffic) -> String {
    var text = ""
    if traffic.sent > 0 { text += ", sent " + Words.bytes(traffic.sent) }
    if traffic.received > 0 { text += ", received " + Words.bytes(traffic.received) }
    return text
  }
}
