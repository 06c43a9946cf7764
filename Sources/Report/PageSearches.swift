// SPDX-License-Identifier: Apache-2.0
internal import Inspection

/// One program's attempts to find something by its name, in the order tried.
struct Search {
  struct Attempt {
    var path: ByteString
    var touch: Touch
  }
  var name: ByteString
  /// Alike by several runs of the program: how many.
  var runs = 1
  var program: ByteString
  var attempts: [Attempt]

  var first: UInt64 { attempts.first?.touch.time ?? 0 }
  var isFound: Bool {
    attempts.contains { !$0.touch.found.isDisjoint(with: Touch.Found.used.union(.present)) }
  }
  /// What a shell does to run a program.
  var isAlongPATH: Bool {
    attempts.count > 1
      && attempts.allSatisfy { ["bin", "sbin", "games"].contains($0.path.directory.basename) }
  }
}

/// All searches of a run in which something was not found.
struct Searches {
  /// In several places, in order of time.
  private(set) var wide: [Search] = []
  /// For commands, along PATH.
  private(set) var commands: [Search] = []
  /// One place each: not there.
  private(set) var missing: [FileRecord] = []
  /// One place each: refused for another reason.
  private(set) var refused: [Search] = []
  /// Not found among libraries and the like.
  private(set) var crowds = Tally()

  private struct Key: Hashable {
    var program: Program.ID
    var name: ByteString
  }

  init(_ view: View) {
    let programs = view.inspection.processes.programs
    var groups: [Key: [Search.Attempt]] = [:]
    var unsuccessful: Set<Key> = []
    var records: [ByteString: FileRecord] = [:]
    for record in view.inspection.files.records {
      let isMissed = record.counts[.absent] + record.counts[.failed] > 0
      if !view.style.isFull, let crowd = Crowd(record.path) {
        if isMissed, record.counts[.absent] > 0 { crowds.add(crowd) }
        continue
      }
      if isMissed { records[record.path] = record }
      for touch in record.touches {
        let key = Key(program: programs.resolve(touch.program), name: record.path.plainName)
        groups[key, default: []].append(Search.Attempt(path: record.path, touch: touch))
        // What was not there because it was about to be made is no search.
        if touch.found.contains(.failed) || (touch.found.contains(.absent) && !record.isCreated) {
          unsuccessful.insert(key)
        }
      }
    }
    var alike: [Likeness: Int] = [:]
    var all: [Search] = []
    for key in unsuccessful {
      var attempts = groups[key] ?? []
      attempts.sort { ($0.touch.time, $0.path) < ($1.touch.time, $1.path) }
      all.append(Search(name: key.name, program: programs[key.program].name, attempts: attempts))
    }
    all.sort { ($0.first, $0.name, $0.program) < ($1.first, $1.name, $1.program) }
    var isTold: Set<ByteString> = []
    for search in all {
      if search.attempts.count == 1, let only = search.attempts.first {
        if only.touch.found.contains(.failed) {
          refused.append(search)
        } else if isTold.insert(only.path).inserted, let record = records[only.path] {
          missing.append(record)
        }
        continue
      }
      let likeness = Likeness(search)
      if search.isAlongPATH {
        if alike[likeness] == nil { commands.append(search) }
        alike[likeness] = commands.count - 1
      } else if let known = alike[likeness] {
        wide[known].runs += 1
      } else {
        alike[likeness] = wide.count
        wide.append(search)
      }
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

extension ByteString {
  /// The name without the directory and without leading dots: what a configuration file is called wherever
  /// it lies.
  var plainName: ByteString {
    let name = basename
    let plain = name.bytes.drop { $0 == UInt8(ascii: ".") }
    return plain.isEmpty ? name : ByteString(plain)
  }
}
