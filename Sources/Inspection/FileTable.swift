// SPDX-License-Identifier: Apache-2.0

/// The paths of a run, with what was done.
public struct FileTable: Sendable {
  /// In order of arrival.
  public internal(set) var records: [FileRecord] = []
  /// What was folded, by directory.
  public internal(set) var folded: [ByteString: FoldedDirectory] = [:]
  /// Renames and links, in order of arrival.
  public internal(set) var moves: [Move] = []
  /// Moves not kept in `moves`.
  public internal(set) var omittedMoves = 0
  /// Changes that failed.
  public internal(set) var refusals = Occurrences<Refusal>(limit: 2_048)
  /// Calls with a name that could not be read.
  public internal(set) var unnamed: UInt64 = 0

  let limits: Limits
  var positions: [ByteString: Int] = [:]
  private var nameless = NamelessFiles()
  /// Bytes of paths and touches outside `records` itself.
  var bytes = 0

  init(_ limits: Limits) { self.limits = limits }

  public subscript(path: ByteString) -> FileRecord? { positions[path].map { records[$0] } }

  var memory: Int {
    records.capacity * MemoryLayout<FileRecord>.stride + positions.capacity * 22 + bytes
      + folded.count * (MemoryLayout<FoldedDirectory>.stride + 120) + moves.count * 320
      + refusals.entries.count * 400
  }

  // MARK: Events

  mutating func open(_ open: Open, by program: Program.ID, of process: ProcessID, at time: UInt64) {
    nameless.note(open, by: process)
    guard let position = position(of: open.target, by: program, at: time) else { return }
    switch open.result {
    case .error(let error):
      if open.isToChange, Refusal.isTold(error) {
        refuse(position, Refusal(open, records[position].path, error, by: program), at: time)
        return
      }
      let wantsDirectory = open.flags.isDirectory || open.target.wantsDirectory
      fail(position, error, wantsDirectory: wantsDirectory, by: program, at: time)
    case .descriptor:
      let (use, found) = open.meaning
      records[position].counts.add(use)
      touch(position, found, by: program, at: time)
      if open.flags.isTemporaryFile {
        records[position].rights.make(open.mode, at: time)
        return
      }
      touchLink(open.target, found, by: program, at: time)
      if records[position].link == nil, let link = open.target.link {
        records[position].link = link
        bytes += link.count + 48
      }
      if let creating = open.creating {
        records[position].counts.add(creating)
        records[position].firstCreating = min(records[position].firstCreating, time)
      }
      if !open.target.isDeleted { records[position].isThere(at: time) }
      if let creating = open.creating, creating == .created || records[position].isCreated {
        records[position].rights.make(open.mode, at: time)
      }
    }
  }

  mutating func lookup(_ lookup: Lookup, by program: Program.ID, at time: UInt64) {
    guard let position = position(of: lookup.target, by: program, at: time) else { return }
    // readlink's EINVAL: it is there, and no symbolic link.
    let isNoLink = lookup.error == ErrorNumber(22) && lookup.call.hasPrefix("readlink")
    if let error = lookup.error, !isNoLink {
      fail(
        position, error, wantsDirectory: lookup.target.wantsDirectory, by: program, at: time)
    } else {
      records[position].counts.add(.present)
      records[position].isThere(at: time)
      touch(position, .present, by: program, at: time)
    }
  }

  mutating func execute(_ exec: Exec, by program: Program.ID, at time: UInt64) {
    let given = exec.cwd.joined(exec.script ?? exec.filename)
    for path in given == exec.exe ? [given] : [given, exec.exe] {
      let target = PathArgument(requested: nil, path: path)
      guard let position = position(of: target, by: program, at: time) else { continue }
      records[position].counts.add(.executed)
      records[position].isThere(at: time)
      touch(position, .executed, by: program, at: time)
    }
  }

  /// - Parameter uid: who does it.
  mutating func change(
    _ change: Change, by program: Program.ID, of process: ProcessID, uid: UInt32, at time: UInt64
  ) {
    if let error = change.error {
      if error == .exists, let to = change.kind == .symlink ? nil : change.to {
        // Of two names the new one is there.
        if let position = position(of: to, by: program, at: time) {
          fail(position, error, wantsDirectory: true, by: program, at: time)
        }
        return
      }
      guard let position = position(of: change.target, by: program, at: time) else { return }
      if change.kind != .chdir, Refusal.isTold(error) {
        refuse(position, Refusal(change, records[position].path, error, by: program), at: time)
        return
      }
      // rmdir, chdir and rename say of a file that is there that it is no directory.
      fail(position, error, wantsDirectory: true, by: program, at: time)
      return
    }
    let unnamed = unnamedFile(of: change, by: process)
    if unnamed == nil, var move = Move(change, by: program, at: time) {
      move.isReplacing =
        move.kind == .rename && !move.isExchange && self[move.to]?.isKnown(at: time) ?? false
      if moves.count < limits.moves { moves.append(move) } else { omittedMoves += 1 }
    }
    if change.flags?.contains(.exchange) ?? false {
      exchange(change, by: program, at: time)
      return
    }
    var rights = FileRights()
    if let position = position(of: change.target, by: program, at: time) {
      records[position].apply(change.kind, at: time, isDeleted: change.target.isDeleted)
      records[position].rights.apply(change, by: uid, at: time)
      touch(position, change.kind == .link ? .present : .changed, by: program, at: time)
      rights = records[position].rights
      if change.kind == .rename { records[position].rights = FileRights() }
    }
    if let unnamed {
      records[unnamed].isNamed = true
      rights = records[unnamed].rights
    }
    if change.kind == .rename || change.kind == .link, let to = change.to,
      let position = position(of: to, by: program, at: time)
    {
      records[position].counts.add(change.kind == .rename ? .renamedTo : unnamed != nil ? .created : .linked)
      if change.flags?.contains(.noReplace) ?? false { records[position].isAbsent(at: time &- 1) }
      if change.kind == .link { records[position].firstCreating = min(records[position].firstCreating, time) }
      records[position].isThere(at: time)
      records[position].rights = rights
      touch(position, .changed, by: program, at: time)
    }
  }

  /// Of a link the file without a name that it gives one.
  private func unnamedFile(of change: Change, by process: ProcessID) -> Int? {
    guard change.kind == .link, let path = change.target.ourPath else { return nil }
    let file = change.target.isDeleted ? path : nameless.path(behind: path, of: process)
    return file.flatMap { positions[$0] }.flatMap { records[$0].counts[.temporary] > 0 ? $0 : nil }
  }

  mutating func end(_ process: ProcessID) { nameless.forget(process) }

  /// Both names stay, each for what the other was.
  private mutating func exchange(_ change: Change, by program: Program.ID, at time: UInt64) {
    guard let to = change.to else { return }
    let positions = [change.target, to].compactMap { position(of: $0, by: program, at: time) }
    for position in positions {
      records[position].counts.add(.renamedTo)
      records[position].isThere(at: time)
      touch(position, .changed, by: program, at: time)
    }
    guard positions.count == 2 else { return }
    let rights = records[positions[0]].rights
    records[positions[0]].rights = records[positions[1]].rights
    records[positions[1]].rights = rights
  }

  private mutating func refuse(_ position: Int, _ refusal: Refusal, at time: UInt64) {
    records[position].counts.add(.failed)
    touch(position, [], by: refusal.program, at: time)
    refusals.add(refusal, at: time)
  }

  /// A socket that was given a name: a file that nobody had.
  mutating func bind(_ target: PathArgument, by program: Program.ID, at time: UInt64) {
    guard let position = position(of: target, by: program, at: time) else { return }
    records[position].counts.add(.created)
    records[position].firstCreating = min(records[position].firstCreating, time)
    records[position].isThere(at: time)
    touch(position, .changed, by: program, at: time)
  }

  // MARK: Records

  /// - Parameter wantsDirectory: the call asked for a directory: that the path is none does not say that it is
  ///   not there.
  private mutating func fail(
    _ position: Int, _ error: ErrorNumber, wantsDirectory: Bool, by program: Program.ID, at time: UInt64
  ) {
    if error == .exists {
      // mkdir -p, O_EXCL: somebody asks whether it is there.
      records[position].counts.add(.present)
      records[position].isThere(at: time)
      touch(position, .present, by: program, at: time)
    } else if error == .noEntry || (error == .notDirectory && !wantsDirectory) {
      records[position].counts.add(.absent)
      records[position].isAbsent(at: time)
      touch(position, .absent, by: program, at: time)
    } else {
      records[position].counts.add(.failed)
      touch(position, .failed, by: program, at: time, error: Int16(clamping: error.number))
    }
  }

  /// The name that was asked for is a symbolic link, or leads through one, and was looked up before: whoever
  /// opened what it points to used it.
  private mutating func touchLink(
    _ target: PathArgument, _ found: Touch.Found, by program: Program.ID, at time: UInt64
  ) {
    guard let requested = target.requested, requested.isAbsolute, target.hostPath == nil,
      requested != target.path,
      let link = positions[ByteString("/").joined(requested)], records[link].path != target.path
    else { return }
    touch(link, found, by: program, at: time)
  }

  private mutating func position(
    of target: PathArgument, by program: Program.ID, at time: UInt64
  ) -> Int? {
    guard let path = target.ourPath ?? target.requested, !path.isEmpty else {
      // An empty name was read, and leads nowhere.
      if target.requested?.isEmpty != true { unnamed += 1 }
      return nil
    }
    if let known = positions[path] { return known }
    let position = records.count
    var record = FileRecord(path, touch: Touch(time: time, program: program, found: [], error: 0))
    record.isTruncated = target.isTruncated
    records.append(record)
    positions[path] = position
    bytes += record.bytes
    return position
  }

  private mutating func touch(
    _ position: Int, _ found: Touch.Found, by program: Program.ID, at time: UInt64, error: Int16 = 0
  ) {
    if records[position].firstTouch.program == program {
      records[position].firstTouch.add(found, at: time, error: error)
    } else if let place = records[position].moreTouches.firstIndex(where: { $0.program == program }) {
      records[position].moreTouches[place].add(found, at: time, error: error)
    } else if records[position].moreTouches.count + 1 < limits.touchesOfPath {
      bytes -= records[position].bytes
      records[position].moreTouches.append(
        Touch(time: time, program: program, found: found, error: error))
      bytes += records[position].bytes
    } else {
      records[position].hasMoreTouches = true
    }
  }
}

extension PathArgument {
  /// Asked for with a slash at its end: only a directory will do.
  fileprivate var wantsDirectory: Bool { requested?.bytes.last == UInt8(ascii: "/") }
}
