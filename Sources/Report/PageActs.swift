// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// Mounts, namespaces, users, tracing and signals, each once for a program; nil when there were none.
  var actSection: Section? {
    var order: [Key] = []
    var counts: [Key: Int] = [:]
    let uid = inspection.start.uid
    let changing = Set(
      inspection.acts.all.entries.filter { entry in
        if case .act(let act) = entry.item.deed { act.kind == .setID && !act.keepsIDs(uid) } else { false }
      }.map(\.item.program))
    for entry in inspection.acts.all.entries.sorted(by: { $0.first < $1.first }) {
      // Who never was anybody else than the command has changed nothing.
      if !style.isFull, case .act(let act) = entry.item.deed, act.keepsIDs(uid),
        !changing.contains(entry.item.program)
      {
        continue
      }
      let key = Key(
        program: name(of: entry.item.program), text: text(entry.item.deed),
        error: { if case .act(let act) = entry.item.deed { act.error } else { nil } }())
      if counts[key] == nil { order.append(key) }
      counts[key, default: 0] += entry.count
    }
    guard !order.isEmpty else { return nil }
    let omitted = inspection.acts.all.omitted
    return Section(Line("What it did to the system and to other processes", .heading)) { limit in
      let isAll = order.count <= limit && omitted == 0
      let rows = order.prefix(isAll ? limit : max(0, limit - 1)).map { key in
        var program: [UInt8] = []
        Printable.appendPath(key.program, to: &program)
        var first = Line(), second = Line()
        first.add(program, .name)
        second.add(key.text + (counts[key] == 1 ? "" : " ×" + Words.count(counts[key] ?? 0)))
        if let error = key.error { second.add("  " + Words.error(error), .bad) }
        return [first, second]
      }
      var lines = aligned(rows)
      if !isAll { lines.append(more(Words.count(order.count - rows.count + omitted, "more act"))) }
      return lines
    }
  }

  private struct Key: Hashable {
    var program: ByteString
    var text: String
    var error: ErrorNumber?
  }

  private func text(_ deed: ActTable.Deed) -> String {
    func printable(_ text: ByteString) -> String {
      var bytes: [UInt8] = []
      Printable.appendPath(text, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    switch deed {
    case .act(let act):
      return act.sentence(names: style.names) { path in
        path.bytes.first == UInt8(ascii: "/")
          ? String(decoding: places.text(path), as: UTF8.self) : printable(path)
      }
    case .signal(let signal, let other, let isReceived):
      let name: String
      switch other {
      case .inspector: return "got \(signal.name), passed on by honeyguide"
      case .program(let program): name = printable(self.name(of: program))
      case .stranger(let comm): name = printable(comm)
      }
      return isReceived
        ? "got \(signal.name) from \(name), which is none of its processes" : "sent \(signal.name) to \(name)"
    }
  }
}

extension SystemAct {
  /// A change of users or groups after which they all are the command's. Of root's group it is known which that is; others can
  /// only choose among their own.
  fileprivate func keepsIDs(_ uid: UInt32) -> Bool {
    guard kind == .setID, error == nil, let ids, ids.users.allSatisfy({ $0 == uid }) else { return false }
    return ids.groups.allSatisfy { $0 == ids.groups.first } && (uid != 0 || ids.groups.first == 0)
  }
}
