// SPDX-License-Identifier: Apache-2.0

/// One series of samples of one tool.
struct Figure {
  let name: String
  let unit: Unit
  let samples: [Double]

  enum Unit: String {
    case times = "x"
    case milliseconds = "ms"
    case microseconds = "us"
    case nanoseconds = "ns"
    case mebibytes = "MiB"
    case seconds = "s"
    case millionsPerSecond = "M/s"

    var places: Int {
      switch self {
      case .times, .seconds, .millionsPerSecond: 2
      case .milliseconds, .mebibytes, .microseconds, .nanoseconds: 1
      }
    }
  }

  /// `1.31x (1.22..1.52)`
  var text: String {
    let spread = Spread(samples)
    let space = unit == .times ? "" : " "
    let median = spread.median.decimal(unit.places) + space + unit.rawValue
    guard samples.count > 1 else { return median }
    return median + " (\(spread.least.decimal(unit.places))..\(spread.greatest.decimal(unit.places)))"
  }
}

/// How many events of all runs the output does not show.
struct Loss {
  var truth = 0
  var missing = 0
  /// Lines beyond the truth: a tracer that shows a call twice, or somebody else's.
  var surplus = 0
  /// By the tool's own account.
  var claimed: Int?
  var comparable = false

  mutating func add(_ run: TracedRun) {
    if let claim = run.claimed { claimed = (claimed ?? 0) + claim }
    guard let truth = run.truth, let seen = run.seen else { return }
    comparable = true
    self.truth += truth
    missing += max(0, truth - seen)
    surplus += max(0, seen - truth)
  }

  var isNothing: Bool { missing == 0 && surplus == 0 && (claimed ?? 0) == 0 }

  var text: String {
    var parts: [String] = []
    if comparable { parts.append("\(missing.grouped) of \(truth.grouped)") }
    if surplus > 0 { parts.append("\(surplus.grouped) too many") }
    if let claimed { parts.append("says \(claimed.grouped)") }
    return parts.joined(separator: ", ")
  }
}

/// What was promised, and whether it was kept in this run.
struct Mark {
  let text: String
  let met: Bool
}

/// A line of a table.
struct Row {
  let tool: String
  var figures: [Figure] = []
  var loss: Loss?
  var marks: [Mark] = []
  /// Why there are no figures, or what must be known about them.
  var note = ""
  /// Whether the note says that what was asked for could not be measured.
  var failed = false
}

struct Section {
  let name: String
  let title: String
  var explanation = ""
  var rows: [Row]
}
