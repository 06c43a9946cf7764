// SPDX-License-Identifier: Apache-2.0

extension Process {
  mutating func insert(_ step: Step, limit: Int) {
    var step = step
    var place = steps.count
    while place > 0, steps[place - 1].time > step.time { place -= 1 }
    if case .exec(let image) = step, place > 0, case .search(var search) = steps[place - 1],
      search.found == nil, search.name == image.filename.basename
    {
      search.found = image.filename
      steps[place - 1] = .search(search)
    }
    if case .search(var search) = step, place < steps.count, case .exec(let image) = steps[place],
      search.name == image.filename.basename
    {
      search.found = image.filename
      step = .search(search)
    }
    steps.insert(step, at: place)
    if steps.count > limit {
      steps.remove(at: limit / 4)
      omittedSteps += 1
    }
  }

  mutating func fail(_ path: ByteString, _ error: ErrorNumber, at time: UInt64, limit: Int) {
    let name = path.basename
    if case .search(var search)? = steps.last, search.name == name, search.found == nil {
      // Emptied first, so that the attempts are appended to in place.
      steps.removeLast()
      search.add(ExecSearch.Attempt(path: path, error: error), at: time, limit: limit)
      steps.append(.search(search))
    } else {
      insert(
        .search(ExecSearch(time: time, name: name, attempts: [.init(path: path, error: error)])),
        limit: limit)
    }
  }

  /// Bytes kept outside the entry itself.
  var bytes: Int {
    steps.reduce(comm.count + 32) { sum, step in
      switch step {
      case .exec(let image): sum + image.bytes
      case .search(let search): sum + search.attempts.reduce(64) { $0 + $1.path.count + 64 }
      }
    }
  }
}

extension ExecSearch {
  mutating func add(_ attempt: Attempt, at time: UInt64, limit: Int) {
    self.time = min(self.time, time)
    if attempts.contains(attempt) || attempts.count >= limit {
      omitted += 1
    } else {
      attempts.append(attempt)
    }
  }
}

extension Image {
  /// Keeps at most `room` bytes of arguments, and as many of the environment.
  init(_ exec: Exec, program: Program.ID, time: UInt64, uid: UInt32, room: Int) {
    var argv = exec.argv
    var isCut = false
    var used = 0
    for (index, argument) in exec.argv.enumerated() {
      used += argument.count + 1
      if used > room {
        argv.removeSubrange((index + 1)...)
        argv[index] = ByteString(argument.bytes.prefix(max(0, room - (used - argument.count - 1))))
        isCut = true
        break
      }
    }
    self.init(
      time: time, program: program, exe: exec.exe, filename: exec.filename, argv: argv,
      isArgvTruncated: exec.isArgvTruncated || isCut, argvSize: exec.argvSize,
      isArgvUnreadable: exec.isArgvUnreadable, cwd: exec.cwd, interpreter: exec.interpreter,
      script: exec.script, uid: uid, environment: exec.environment?.prefix(room))
  }

  var bytes: Int {
    let names = exe.count + filename.count + cwd.count + (interpreter?.count ?? 0) + (script?.count ?? 0)
    let given = environment?.bytes ?? 0
    return argv.reduce(given + names + MemoryLayout<Process.Step>.stride + 240) { $0 + $1.count + 48 }
  }
}
