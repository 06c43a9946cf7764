// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// Writes the lines of the live view.
struct LiveLine {
  var bytes: [UInt8] = []
  let color: Bool

  init(color: Bool) { self.color = color }

  /// Appends when and who; without a process their columns are blank.
  mutating func begin(_ time: UInt64, process: Int32?, comm: ByteString?) {
    paint(.dim)
    pad(12) { $0.seconds(time) }
    text(" ")
    pad(7) { if let process { $0.text("\(process)") } }
    paint(.plain)
    text(" ")
    let start = bytes.count
    if let comm { Printable.appendWord(comm, to: &bytes) }
    fill(15 - Printable.columns(bytes[start...]))
    text(" ")
  }

  mutating func end() { text("\n") }

  mutating func body(_ body: Event.Body) {
    switch body {
    case .fork(let fork):
      verb("fork")
      text("\(fork.child.pid)")
    case .exec(let exec): self.exec(exec)
    case .failedExec(let failed):
      verb("exec")
      path(failed.target)
      outcome(failed.error)
    case .exit(let exit): self.exit(exit)
    case .open(let open): self.open(open)
    case .lookup(let lookup):
      verb("lookup")
      path(lookup.target)
      text(" (\(lookup.call))")
      outcome(lookup.error)
    case .change(let change): self.change(change)
    case .socket(let use): socket(use)
    case .act(let act): self.act(act)
    case .signal(let sent): signal(sent)
    case .fileIO(let io): fileIO(io)
    case .environment(let read): environment(read)
    case .interpreter(let interpreter): self.interpreter(interpreter)
    case .function: break
    case .existing(let existing): self.existing(existing)
    }
  }

  mutating func loss(_ loss: Loss) {
    paint(.red)
    text("lost     \(loss.count) \(loss.count == 1 ? "event" : "events"): ")
    Printable.appendPath(ByteString(loss.reason), to: &bytes)
    paint(.plain)
  }
}

// MARK: - Bodies

extension LiveLine {
  private mutating func exec(_ exec: Exec) {
    verb("exec")
    arguments(exec)
  }

  mutating func arguments(_ exec: Exec) {
    if exec.isArgvUnreadable {
      word(exec.exe)
      text(" (its arguments could not be read)")
      return
    }
    if exec.argv.isEmpty {
      word(exec.exe)
      text(" (without arguments)")
      return
    }
    Printable.appendCommand(exec.argv, to: &bytes)
    if exec.isArgvTruncated {
      text(" (of \(exec.argvSize) bytes of arguments)")
    }
    if exec.exe != exec.argv[0] {
      text(" (")
      word(exec.exe)
      text(")")
    }
  }

  private mutating func exit(_ exit: Exit) {
    verb("exit")
    switch exit.status {
    case .code(let code):
      if code != 0 { paint(.red) }
      text("\(code)")
    case .signal(let number, let coreDumped):
      paint(.red)
      text(Signal(number).name)
      if coreDumped { text(", core dumped,") }
    }
    paint(.plain)
    text(" after ")
    seconds(exit.duration)
    text(" s")
  }

  private mutating func open(_ open: Open) {
    verb("open")
    path(open.target)
    access(open.flags)
    if (open.flags.creates && open.isCreated ?? true) || open.flags.isTemporaryFile { text("+create") }
    if open.flags.truncates { text("+truncate") }
    switch open.result {
    case .descriptor(let descriptor): text(" = \(descriptor)")
    case .error(let error): outcome(error)
    }
  }

  mutating func access(_ flags: OpenFlags) {
    switch flags.access {
    case .read: text(" read")
    case .write: text(" write")
    case .readWrite: text(" read+write")
    case .none: text(" path")
    }
  }

  private mutating func change(_ change: Change) {
    verb(change.kind.rawValue)
    path(change.target)
    if let to = change.to {
      text(" -> ")
      // A symbolic link's text, everything else where it leads.
      path(to, asWritten: change.kind == .symlink)
    }
    if let mode = change.mode {
      let digits = String(mode & 0o7777, radix: 8)
      text(" mode " + String(repeating: "0", count: max(0, 4 - digits.count)) + digits)
    }
    if let device = change.device, device != 0 { text(" device \(device >> 8 & 0xfff):\(device & 0xff)") }
    if let length = change.length { text(" to \(length) bytes") }
    if let flags = change.flags { text(flags.names.map { " " + $0 }.joined()) }
    if let owner = change.owner, owner != .max { text(" owner \(owner)") }
    if let group = change.group, group != .max { text(" group \(group)") }
    outcome(change.error)
  }

  private mutating func act(_ act: SystemAct) {
    let kind = act.kind.rawValue
    let sentence = act.sentence { name in
      var word: [UInt8] = []
      Printable.appendWord(name, to: &word)
      return String(decoding: word, as: UTF8.self)
    }
    verb(kind)
    text(sentence.hasPrefix(kind + " ") ? String(sentence.dropFirst(kind.utf8.count + 1)) : sentence)
    outcome(act.error)
  }

  private mutating func fileIO(_ io: FileIO) {
    verb("file_io")
    path(io.target)
    text(" read \(io.bytesRead), wrote \(io.bytesWritten) bytes")
  }

  private mutating func signal(_ sent: SignalSent) {
    verb("signal")
    text(sent.signal.name + (sent.isReceived ? " from " : " to ") + "\(sent.other.pid) ")
    word(sent.otherComm)
  }
}

// MARK: - Pieces

extension LiveLine {
  private enum Paint: String {
    case dim = "\u{1B}[2m"
    case bold = "\u{1B}[1m"
    case red = "\u{1B}[31m"
    case plain = "\u{1B}[0m"
  }

  private mutating func paint(_ paint: Paint) {
    if color { text(paint.rawValue) }
  }

  mutating func text(_ text: String) { bytes += text.utf8 }

  mutating func word(_ name: ByteString) { Printable.appendWord(name, to: &bytes) }

  mutating func verb(_ verb: String) {
    paint(.bold)
    text(verb)
    paint(.plain)
    fill(max(1, 9 - verb.utf8.count))
  }

  mutating func path(_ target: PathArgument, asWritten: Bool = false) {
    let known = asWritten ? target.requested ?? target.path : target.ourPath ?? target.requested
    if let known { word(known) } else { text(target.isUnreadable ? "(unreadable)" : "(unknown)") }
    if target.isTruncated { text(" (truncated)") }
    if target.isDeleted { text(" (deleted)") }
  }

  mutating func outcome(_ error: ErrorNumber?) {
    guard let error else { return }
    text(" = ")
    failed(error.name)
  }

  mutating func failed(_ what: String) {
    paint(.red)
    text(what)
    paint(.plain)
  }

  /// Nanoseconds as seconds, to the microsecond.
  mutating func seconds(_ nanoseconds: UInt64) {
    let micros = nanoseconds / 1000
    let fraction = String(micros % 1_000_000)
    text("\(micros / 1_000_000).")
    text(String(repeating: "0", count: 6 - fraction.utf8.count) + fraction)
  }

  /// What `write` appends, which is ASCII, in a column of `width` on its right.
  private mutating func pad(_ width: Int, _ write: (inout Self) -> Void) {
    let start = bytes.count
    write(&self)
    let missing = width - (bytes.count - start)
    if missing > 0 { bytes.insert(contentsOf: repeatElement(Byte.space, count: missing), at: start) }
  }

  private mutating func fill(_ missing: Int) {
    if missing > 0 { bytes.append(contentsOf: repeatElement(Byte.space, count: missing)) }
  }
}
