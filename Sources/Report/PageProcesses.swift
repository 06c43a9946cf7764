// SPDX-License-Identifier: Apache-2.0
internal import Inspection

extension View {
  /// What ran: a tree, each line with its time.
  var processSection: Section {
    let tree = inspection.processes.tree
    var shown = PageTree(tree, folding: !style.isFull) { likeness($0) }
    if !style.isFull, shown.visible > Page.lines {
      // Too much to tell each argument: programs of the same name with the same end look alike.
      shown = PageTree(tree, folding: true) { [programName($0)] + $0.surprises.map(\.exe) }
    }
    if shown.visible == 0 { return nothing("What ran", "no process was seen", of: .exec) }
    var ran = Line("What ran", .heading)
    if lacksExecs { ran.add("  by names of threads; what was executed is left out by --only", .faint) }
    return Section(ran) { limit in processLines(shown, limit) }
  }

  private func programName(_ process: Process) -> ByteString {
    (process.images.last?.program ?? process.origin).map { name(of: $0) } ?? process.comm
  }

  private func likeness(_ process: Process) -> [ByteString] {
    var words: [ByteString] = []
    for step in process.steps {
      switch step {
      case .exec(let image): words += [image.exe, ByteString("\(image.argv.count)")] + image.argv
      case .search(let search) where style.isFull || search.found == nil:
        words += ["?", search.name, search.found ?? ""] + search.attempts.map(\.path)
      case .search: break
      }
    }
    return words.isEmpty ? ["fork", process.comm] : words
  }

  private func processLines(_ shown: PageTree, _ limit: Int) -> [Line] {
    let isAll = shown.visible <= limit
    // One line is for telling how many are left out.
    let chosen = isAll ? Set(shown.nodes.indices) : shown.chosen(limit - 1) { programName($0) }
    var lines: [Line] = []
    var told = 0
    let width =
      lacksExecs ? 0 : mayLackEnds && shown.nodes.contains(where: \.isRunning) ? Self.unseen.count : 10
    // A stack, not recursion: a chain of processes may be long.
    var stack = shown.roots.reversed().filter { chosen.contains($0) }.map {
      Branch(node: $0, stem: "", mark: "")
    }
    while let branch = stack.popLast() {
      let node = shown.nodes[branch.node]
      let children = node.children.filter { chosen.contains($0) }
      let hidden =
        isAll ? 0 : node.below - children.reduce(0) { $0 + shown.nodes[$1].count + shown.nodes[$1].below }
      lines.append(
        processLine(node, shown.tree, stem: branch.stem + branch.mark, hidden: hidden, width: width))
      told += node.count
      let stem = branch.stem + (branch.mark == "├─ " ? "│  " : branch.mark.isEmpty ? "" : "   ")
      for (index, child) in children.enumerated().reversed() {
        stack.append(Branch(node: child, stem: stem, mark: index == children.count - 1 ? "└─ " : "├─ "))
      }
    }
    if !isAll {
      lines.append(more(Words.count(inspection.processes.seen - told, "more process", "more processes")))
    }
    return lines
  }

  /// After a loss, of a process whose end may be what was lost.
  private static let unseen = "end not seen"

  /// No end was asked for: `--only` leaves it out.
  private var lacksExecs: Bool { !inspection.start.filter.has(.exec) }

  private struct Branch {
    var node: Int
    var stem: String
    var mark: String
  }

  private func processLine(_ node: PageTree.Node, _ tree: ProcessTree, stem: String, hidden: Int, width: Int)
    -> Line
  {
    let process = tree.processes[node.position]
    var line = Line()
    let longest = Words.duration(node.longest)
    let time =
      node.isRunning ? lacksExecs ? "" : mayLackEnds ? Self.unseen : "running" : node.count > 1 ? "" : longest
    line.add(String(repeating: " ", count: max(0, width - time.count)) + time, .faint)
    line.add("  " + stem, .faint)

    var tail = Line()
    if node.count > 1 {
      tail.add(" ×" + Words.count(node.count), .name)
      if node.longest > 0 { tail.add(", longest " + longest, .faint) }
    }
    if node.differ {
      tail.add(process.folded?.isMixed == true ? " (various)" : " (with various arguments)", .faint)
    }
    tail.add(executables(process, columns: style.isFull ? .max : max(16, style.wrap / 3)))
    for (text, ink) in troubles(process, node) { tail.add("  " + text, ink) }
    // Of a process of which only its fork was seen the user is not known.
    if process.first != nil, process.uid != inspection.start.uid {
      tail.add("  as " + style.names.user(process.uid), .name)
    }
    if hidden > 0 { tail.add("  (\(Words.count(hidden)) more below)", .faint) }
    if style.isFull { tail.add(details(process), .faint) }

    var command = self.command(process)
    let room = style.commandCut.map { max(12, $0 - line.columns - tail.columns) }
    // Rather the middle of long paths than the end of the command.
    if let room, command.columns > room { command = self.command(process, longest: max(16, room / 3)) }
    line.add(command.cut(to: room))
    line.add(tail)
    return line
  }

  private func troubles(_ process: Process, _ node: PageTree.Node) -> [(String, Ink)] {
    if let folded = process.folded, folded.statuses.count > 1 {
      let bad = folded.statuses.filter { Words.trouble($0.key) != nil }
        .sorted { ($0.value, "\($1.key)") > ($1.value, "\($0.key)") }
      return bad.prefix(3).map { ((Words.trouble($0.key) ?? "") + " ×" + Words.count($0.value), .bad) }
    }
    return (process.exit.flatMap { Words.trouble($0.status) }).map { [($0, .bad)] } ?? []
  }

  /// What it executed, one after the other: `env git status → git status`.
  private func command(_ process: Process, longest: Int = .max) -> Line {
    var line = Line()
    for step in process.steps {
      switch step {
      case .exec(let image):
        if !line.isEmpty { line.add(" → ", .faint) }
        line.add(words(image, longest: longest))
      case .search(let search):
        // Where it was found the program says itself.
        if search.found != nil, !style.isFull { continue }
        if !line.isEmpty { line.add(" ") }
        line.add(words(search), search.found == nil ? .bad : .faint)
      }
    }
    if process.omittedSteps > 0 { line.add(" (and \(Words.count(process.omittedSteps)) more)", .faint) }
    if process.images.isEmpty {
      if isCommand(process.id) { return commandWithoutExec(process, line) }
      var name: [UInt8] = []
      Printable.appendPath(programName(process), to: &name)
      // What it executed was not to be told: nothing but its name for itself is known.
      let program = process.origin.map { inspection.processes.programs[$0] }
      if lacksExecs, !name.isEmpty, program?.isProvisional ?? true {
        var known = Line()
        known.add(name)
        return known
      }
      var fork = Line(isLossy ? "(a fork of " : "(fork of ", .faint)
      fork.add(name, .faint)
      if isLossy { fork.add(", or what it executed was lost", .faint) }
      fork.add(line.isEmpty ? ")" : ") ", .faint)
      if name.isEmpty { fork = Line("(nothing is known of it) ", .faint) }
      fork.add(line)
      line = fork
    }
    return line
  }

  /// The command as it was given, where no exec of it was seen.
  private func commandWithoutExec(_ process: Process, _ searches: Line) -> Line {
    var words: [UInt8] = []
    Printable.appendCommand(inspection.start.command, to: &words)
    var line = Line()
    line.add(words)
    var error: ErrorNumber?
    for case .search(let search) in process.steps { error = search.attempts.last?.error ?? error }
    // What a shell or env(1) exits with when it cannot execute, and Honeyguide too.
    if let error, let status = process.exit?.status, [.code(126), .code(127)].contains(status) {
      line.add("  could not be executed: " + error.name, .bad)
    } else if isLossy {
      line.add("  (its exec was lost)", .faint)
    } else if !searches.isEmpty {
      line.add(" ")
      line.add(searches)
    }
    return line
  }

  /// - Parameter longest: the columns that a path among the words may have.
  private func words(_ image: Image, longest: Int) -> [UInt8] {
    var text: [UInt8] = []
    if image.isArgvUnreadable || image.argv.isEmpty {
      text = places.text(image.exe)
      text += image.isArgvUnreadable ? " (its arguments could not be read)".utf8 : " (without arguments)".utf8
      return text
    }
    for (index, word) in image.givenArguments.enumerated() {
      if index > 0 { text.append(Byte.space) }
      if word.isAbsolute, word.count > 1, word.bytes.span.allSatisfy(Printable.isPlainInWord) {
        // A shell expands the tilde where it is not quoted. The working directory may be another than the
        // page's: "./" would mislead.
        text += Places(cwd: nil, home: places.home).text(word, columns: longest)
      } else if index == 0 {
        Printable.appendCommand([word], to: &text)
      } else {
        Printable.appendWord(word, to: &text)
      }
    }
    if image.isArgvTruncated { text += " … (\(Words.count(image.argvSize)) bytes in all)".utf8 }
    return text
  }

  private func words(_ search: ExecSearch) -> [UInt8] {
    let tried = search.attempts.count + search.omitted
    var text = Array("(".utf8)
    if tried == 1, search.found == nil, let attempt = search.attempts.first {
      // A script whose `#!` names what is not there fails as if it were not there itself.
      let isThere = attempt.error == .noEntry && inspection.files[attempt.path]?.wasThere == true
      let reason = isThere ? "its interpreter is not there" : Words.error(attempt.error)
      text += places.text(attempt.path) + ": \(reason))".utf8
      return text
    }
    Printable.appendPath(search.name, to: &text)
    if let found = search.found {
      text += ": found in ".utf8 + places.text(found.directory.isEmpty ? "." : found.directory)
      text += " after \(Words.count(tried, "directory", "directories"))".utf8
    } else {
      text += ": not found in \(Words.count(tried, "directory", "directories"))".utf8
    }
    let others = Set(search.attempts.map(\.error)).subtracting([.noEntry, .notDirectory])
    for error in others.sorted(by: { $0.number < $1.number }) { text += ", \(Words.error(error))".utf8 }
    return text + ")".utf8
  }

  private func details(_ process: Process) -> String {
    var text = "  [pid \(process.id.pid)"
    if let exit = process.exit, process.folded == nil {
      text += ", cpu \(Words.duration(exit.userTime &+ exit.systemTime)), \(Words.count(exit.maxRSS)) KiB"
    }
    return text + "]"
  }
}
