// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// One program's attempts to find something by its name, in the order tried.
struct Search {
  struct Attempt {
    var path: ByteString
    var touch: Touch
    /// Among libraries and the like.
    var isInCrowd: Bool

    var isMiss: Bool { touch.found.isDisjoint(with: Touch.Found.used.union(.present)) }
  }
  var name: ByteString
  var program: ByteString
  /// Alike by several runs of the program: how many.
  var runs = 1
  /// For a program to run, along PATH.
  var isForCommand: Bool
  /// By the command itself, not by what it started.
  var isByCommand = false
  var attempts: [Attempt]

  /// In several places; a library that has the same name in it is not one of them.
  var isWide: Bool { Self.isWide(attempts) }
  static func isWide(_ attempts: [Attempt]) -> Bool {
    let places = attempts.filter { !$0.isInCrowd }
    // Where nearly all is there, somebody walked through a tree.
    return places.count > 1 && 4 * places.count(where: \.isMiss) >= places.count
  }

  var first: UInt64 { attempts.first?.touch.time ?? 0 }
  var isFound: Bool { !attempts.allSatisfy(\.isMiss) }
}

/// All searches of a run in which something was not found.
struct Searches {
  /// In several places, or by several programs; not yet in any order.
  private(set) var wide: [Search] = []
  /// For commands, along PATH.
  private(set) var commands: [Search] = []
  /// One place each, not there.
  private(set) var missing: [FileRecord] = []
  /// One place each, refused for another reason.
  private(set) var refused: [Search] = []
  /// Not found among libraries and the like.
  private(set) var crowds = Tally()
  /// What every program asks for as it starts: files that were read, and paths that were not there.
  private(set) var starting = (read: 0, missing: 0)

  private struct Key: Hashable {
    var program: Program.ID
    var name: ByteString
    var isForCommand: Bool
  }

  init(_ view: View) {
    let programs = view.inspection.processes.programs
    let records = view.inspection.files.records.filter {
      view.style.isFull || !view.traces.isPassing($0.path)
    }
    // A name that a program looks for in …/bin is a command to it, wherever else it looks.
    var commandKeys: Set<Key> = []
    for record in records where Self.isCommandDirectory(record.path) {
      for touch in record.touches {
        commandKeys.insert(
          Key(program: programs.resolve(touch.program), name: record.path.basename, isForCommand: true))
      }
    }

    var groups: [Key: [Search.Attempt]] = [:]
    var unsuccessful: Set<Key> = []
    var missed: [ByteString: FileRecord] = [:]
    var there: Set<ByteString> = []
    for record in records {
      let isInCrowd = !view.style.isFull && Crowd(record.path) != nil
      // Nobody seeks what is about to be made, or moved there.
      let isMade = view.traces.isMade(record) || record.counts[.renamedTo] > 0
      if record.wasThere { there.insert(record.path) }
      if record.counts[.absent] > 0, !isMade, !record.wasThere {
        if isInCrowd, let crowd = Crowd(record.path) {
          if crowd.isStarting { starting.missing += 1 } else { crowds.add(crowd) }
        } else {
          missed[record.path] = record
        }
      }
      if isInCrowd, record.counts[.read] > 0, Crowd(record.path)?.isStarting == true { starting.read += 1 }
      let name = record.path.plainName
      // Who lists a directory asks what is there, not whether this is there.
      for touch in record.touches where touch.found != .listed && !touch.found.isEmpty {
        let program = programs.resolve(touch.program)
        var key = Key(program: program, name: record.path.basename, isForCommand: true)
        if !commandKeys.contains(key) { key = Key(program: program, name: name, isForCommand: false) }
        groups[key, default: []].append(
          Search.Attempt(path: record.path, touch: touch, isInCrowd: isInCrowd))
        // What was not there because it was about to be made is no search.
        let isRefused = touch.found.contains(.failed) && !touch.isNoDirectory
        if !isInCrowd, isRefused || (touch.found.contains(.absent) && !isMade) {
          unsuccessful.insert(key)
        }
      }
    }

    // What is found among the language's own files was no file of the program's elsewhere.
    for key in unsuccessful where key.name.isModule {
      let attempts = groups[key] ?? []
      guard let found = attempts.first(where: { $0.isInCrowd && !$0.isMiss }), let crowd = Crowd(found.path)
      else {
        continue
      }
      for attempt in attempts where attempt.isMiss && missed.removeValue(forKey: attempt.path) != nil {
        crowds.add(Crowd(crowd.kind))
      }
      unsuccessful.remove(key)
    }
    let wideNames = Set(
      unsuccessful.filter { !$0.isForCommand && Search.isWide(groups[$0] ?? []) }.map(\.name))
    var all: [Search] = []
    for (key, attempts) in groups {
      // Who found at once what others looked for belongs beside them.
      let isBeside =
        !key.isForCommand && !key.name.isGeneric && wideNames.contains(key.name)
        && attempts.contains { !$0.isInCrowd && !$0.touch.found.isDisjoint(with: Touch.Found.used) }
      guard unsuccessful.contains(key) || isBeside else { continue }
      all.append(
        Search(
          name: key.name, program: view.name(of: key.program), isForCommand: key.isForCommand,
          isByCommand: view.isCommand(programs[key.program].process),
          attempts: attempts.sorted { ($0.touch.time, $0.path) < ($1.touch.time, $1.path) }))
    }
    all.sort { ($0.first, $0.name, $0.program) < ($1.first, $1.name, $1.program) }
    sort(all, wideNames, missed, there) { path in
      [.home, .configuration].contains(view.places.kind(of: path))
    }
  }

  /// One name that was not there where people keep their settings is a search as well: how many are told so.
  private static let singles = 8

  private mutating func sort(
    _ all: [Search], _ wideNames: Set<ByteString>, _ missed: [ByteString: FileRecord],
    _ there: Set<ByteString>, isSetting: (ByteString) -> Bool
  ) {
    var known: [Likeness: Int] = [:]
    var isTold: Set<ByteString> = []
    var singles = Self.singles
    for search in all {
      if search.isForCommand, search.attempts.count > 1 {
        if known.updateValue(0, forKey: Likeness(search)) == nil { commands.append(search) }
      } else if search.attempts.allSatisfy({
        $0.path.basename.isOfDirectory && !$0.touch.found.contains(.failed)
      }) {
        missing += search.attempts.compactMap {
          $0.isMiss && isTold.insert($0.path).inserted ? missed[$0.path] : nil
        }
      } else if search.isWide || (search.attempts.count == 1 && wideNames.contains(search.name)) {
        let likeness = Likeness(search)
        if let place = known[likeness] {
          wide[place].runs += 1
        } else {
          known[likeness] = wide.count
          wide.append(search)
        }
      } else {
        for attempt in search.attempts where !attempt.isInCrowd {
          if attempt.touch.found.contains(.failed) {
            // Asked whether a file is a directory: it is not, but it is there.
            if attempt.touch.error == ErrorNumber.notDirectory.number, there.contains(attempt.path) {
              continue
            }
            var single = search
            single.attempts = [attempt]
            refused.append(single)
          } else if search.attempts.count == 1, attempt.isMiss, missed[attempt.path] != nil, singles > 0,
            !attempt.path.basename.isOfDirectory, isSetting(attempt.path),
            isTold.insert(attempt.path).inserted
          {
            singles -= 1
            wide.append(search)
          } else if attempt.isMiss, isTold.insert(attempt.path).inserted, let record = missed[attempt.path] {
            missing.append(record)
          }
        }
      }
    }
  }

  private static func isCommandDirectory(_ path: ByteString) -> Bool {
    let directory = path.bytes.dropLast(path.basename.count + 1)
    return ["/bin", "/sbin", "/games", "/shims"].contains {
      directory.suffix($0.utf8.count).elementsEqual($0.utf8)
    }
  }

  private struct Likeness: Hashable {
    var name: ByteString
    var program: ByteString
    var paths: [ByteString]
    var found: [Touch.Found]

    init(_ search: Search) {
      name = search.name
      program = search.program
      paths = search.attempts.map(\.path)
      found = search.attempts.map(\.touch.found)
    }
  }
}

extension Touch {
  /// It was there, and was no directory when it was asked for as one.
  fileprivate var isNoDirectory: Bool {
    error == ErrorNumber.notDirectory.number && !found.isDisjoint(with: Found.used.union(.present))
  }
}

extension ByteString {
  /// A name that says nothing: programs that look for it do not look for the same thing.
  var isGeneric: Bool {
    let stem = bytes.prefix { $0 != UInt8(ascii: ".") }
    return ["config", "conf", "settings", "init", "rc", "defaults", "credentials", "hosts"].contains {
      stem.elementsEqual($0.utf8)
    }
  }

  /// A module of Perl's or Python's.
  var isModule: Bool { bytes.hasSuffix(".pm") || bytes.hasSuffix(".py") }

  /// A directory that settings, or anything else, may lie in: nothing is configured by its being there.
  var isOfDirectory: Bool {
    [".config", ".local", ".cache", "etc", "lib", "lib64", "share", "bin", "xdg", "conf.d"].contains(text)
  }

  /// The name without the directory and without leading dots: what a configuration file is called wherever
  /// it lies.
  var plainName: ByteString {
    let name = basename
    let plain = name.bytes.drop { $0 == UInt8(ascii: ".") }
    return plain.isEmpty ? name : ByteString(plain)
  }
}
