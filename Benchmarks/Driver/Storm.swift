// SPDX-License-Identifier: Apache-2.0

/// A program that makes one kind of call very often and measures itself.
enum Storm: String, CaseIterable {
  case open
  case stat
  case statMissing = "stat-missing"
  case statNew = "stat-new"
  case exec
  case connect
  case build

  /// How often the storm makes its call when a tracer is not so slow that it gets a share of it only.
  var operations: Int {
    switch self {
    case .open, .stat: 500_000
    case .statMissing, .statNew: 200_000
    case .exec: 2_000
    case .connect: 20_000
    case .build: 1
    }
  }

  var title: String {
    switch self {
    case .open: "Open storm: 500 000 times open and close of one existing file, absolute path"
    case .stat: "Stat storm: 500 000 times stat of one existing path"
    case .statMissing: "Stat storm: 10 000 distinct missing paths, 20 times over"
    case .statNew: "Stat storm: 200 000 distinct missing paths, once each"
    case .exec: "Exec storm: 2 000 times vfork, exec of /bin/true and wait"
    case .connect: "Connect storm: 20 000 times connect, accept and close of both ends on loopback"
    case .build: "Build: a generated C project, make -B -j2"
    }
  }

  /// The command line of the storm with `operations` calls.
  func command(_ workshop: borrowing Workshop, operations: Int) -> [String] {
    let (result, marker) = (workshop.result, workshop.marker)
    return switch self {
    case .open: [workshop.storm("open"), result, "\(operations)", workshop.target, marker]
    case .stat: [workshop.storm("stat"), result, "1", "\(operations)", workshop.present, marker]
    case .statMissing:
      [
        workshop.storm("stat"), result, "\(min(operations, 10_000))", "\(max(operations / 10_000, 1))",
        workshop.absent, marker,
      ]
    case .statNew: [workshop.storm("stat"), result, "\(operations)", "1", workshop.absent, marker]
    case .exec: [workshop.storm("exec"), result, "\(operations)", workshop.word, marker]
    case .connect: [workshop.storm("connect"), result, "\(operations)"]
    case .build:
      [workshop.storm("build"), result, marker, "make", "-s", "-B", "-j2", "-C", workshop.project]
    }
  }

  /// How many events a tracer that shows each call shows; nil where the storm does not know.
  func events(operations: Int) -> Int? { self == .build ? nil : operations }

  /// How many distinct paths the storm looks at, for a tracer that shows each only once.
  func distinct(operations: Int) -> Int {
    switch self {
    case .statMissing: min(operations, 10_000)
    case .statNew: operations
    default: 1
    }
  }
}

/// What a storm says about its own run.
struct StormResult {
  let operations: Int
  let cpuNanoseconds: Int
  let wallNanoseconds: Int
  /// Since the storm's start, not only in the measured part.
  let totalCPUNanoseconds: Int

  var cpuPerOperation: Double { Double(cpuNanoseconds) / Double(operations) }
  var wallPerOperation: Double { Double(wallNanoseconds) / Double(operations) }

  init(readingFrom path: String) throws {
    let numbers = (Files.text(path) ?? "").split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
    guard numbers.count == 4 else { throw Failure("the storm left no result") }
    (operations, cpuNanoseconds) = (numbers[0], numbers[1])
    (wallNanoseconds, totalCPUNanoseconds) = (numbers[2], numbers[3])
  }
}
