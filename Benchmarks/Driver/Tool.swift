// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A tracer, or the way one is run. The raw value is its name in `--tools`.
enum Tool: String, CaseIterable {
  /// The untraced run once more: how far from 1.00x it lies is the error of this machine.
  case nothing
  case honeyguide
  case honeyguidePage = "honeyguide-page"
  /// What the kernel alone can see: no agent is loaded, and nobody's getenv is watched.
  case honeyguideOutside = "honeyguide-outside"
  /// With the agent, and nobody's getenv watched: what is loaded into each program, by itself. For execs alone.
  case honeyguideAgent = "honeyguide-agent"
  /// With what bash looks up told as well: measured for the bashes that are not followed.
  case honeyguideShells = "honeyguide-shells"
  /// The storm's events left out, by three of the filters; with the smallest ring there is: what took room in it would
  /// be lost.
  case honeyguidePath = "honeyguide-path"
  case honeyguideComm = "honeyguide-comm"
  case honeyguideOnly = "honeyguide-only"
  case strace
  case straceSeccomp = "strace-seccomp"
  case opensnoop
  case execsnoop
  case statsnoop
  case bpftrace

  var program: String? {
    switch self {
    case .nothing: nil
    case .honeyguide, .honeyguidePage, .honeyguideOutside, .honeyguideAgent, .honeyguideShells,
      .honeyguidePath, .honeyguideComm, .honeyguideOnly:
      "honeyguide"
    case .strace, .straceSeccomp: "strace"
    case .opensnoop, .execsnoop, .statsnoop, .bpftrace: rawValue
    }
  }

  var isHoneyguide: Bool {
    [.honeyguide, .honeyguidePage, .honeyguideOutside, .honeyguideAgent].contains(self)
  }

  /// The options that leave out an open storm's events; nil where none are left out.
  func filter(_ workshop: borrowing Workshop) -> [String]? {
    switch self {
    case .honeyguidePath: ["--path", "!" + workshop.target]
    case .honeyguideComm: ["--comm", "somebody-else"]
    case .honeyguideOnly: ["--only", "exec,net"]
    default: nil
    }
  }

  /// How many calls a storm makes under this tool: fewer where each costs much more, compared per call.
  func operations(of storm: Storm) -> Int {
    switch (self, storm) {
    case (_, .build): 1
    case (.strace, .exec), (.straceSeccomp, .exec): 250
    case (.strace, _), (.straceSeccomp, _): 20_000
    case (.opensnoop, .open), (.bpftrace, .open), (.statsnoop, .stat), (.bpftrace, .stat): 100_000
    default: storm.operations
    }
  }

  /// How the tool sees the storm; nil where it is not made for that.
  func attachment(
    to storm: Storm, at path: String, _ workshop: borrowing Workshop
  ) -> Attachment? {
    let output = workshop.output
    switch self {
    case .nothing: return nil
    case .honeyguide:
      return Attachment(
        place: .around, arguments: [path, "run", "--quiet", "--json", output, "--"],
        rule: honeyguideRule(storm, workshop))
    case .honeyguideAgent:
      guard storm == .exec else { return nil }
      return Attachment(
        place: .around, arguments: [path, "run", "--quiet", "--no-env", "--json", output, "--"],
        rule: honeyguideRule(storm, workshop))
    case .honeyguideOutside:
      return Attachment(
        place: .around,
        arguments: [path, "run", "--quiet", "--no-inject", "--no-env", "--json", output, "--"],
        rule: honeyguideRule(storm, workshop))
    case .honeyguideShells: return nil
    case .honeyguidePage:
      return Attachment(
        place: .around, arguments: [path, "run", "--page", output, "--"], rule: nil)
    case .honeyguidePath, .honeyguideComm, .honeyguideOnly:
      guard storm == .open, let filter = filter(workshop) else { return nil }
      let options = ["--quiet", "--ring-size", "4K", "--json", output] + filter
      return Attachment(
        place: .around, arguments: [path, "run"] + options + ["--"],
        rule: LineRule(needles: [workshop.target, "\"event\":\"open\""]), leavesOut: true)
    case .strace, .straceSeccomp:
      let calls =
        switch storm {
        case .open: "open,openat,openat2,creat"
        case .stat, .statMissing, .statNew: "stat,lstat,newfstatat,statx"
        case .exec: "execve,execveat"
        case .connect: "connect,accept,accept4"
        case .build: "open,openat,openat2,creat,execve,execveat"
        }
      let filter = self == .straceSeccomp ? ["--seccomp-bpf"] : []
      return Attachment(
        place: .around, arguments: [path, "-f"] + filter + ["-e", "trace=" + calls, "-o", output],
        // Unlike the others, strace sees the storm itself start, with the word among its arguments.
        rule: storm == .exec ? LineRule(needles: ["\"true\", \"\(workshop.word)\""]) : rule(storm, workshop))
    case .opensnoop:
      switch storm {
      case .open:
        return Attachment(place: .beside, arguments: [path, "-p", "{pid}"], rule: rule(storm, workshop))
      case .build: return Attachment(place: .beside, arguments: [path], rule: nil)
      default: return nil
      }
    case .execsnoop:
      guard storm == .exec || storm == .build else { return nil }
      return Attachment(place: .beside, arguments: [path], rule: rule(storm, workshop))
    case .statsnoop:
      switch storm {
      case .stat, .statMissing, .statNew:
        return Attachment(place: .beside, arguments: [path, "-p", "{pid}"], rule: rule(storm, workshop))
      default: return nil
      }
    case .bpftrace:
      if storm == .connect { return nil }
      return Attachment(
        place: .beside, arguments: [path, "-B", "full", "-e", Self.script(storm)], rule: rule(storm, workshop)
      )
    }
  }

  /// How the tool follows one process while a storm runs elsewhere; nil where that costs the storm nothing.
  func following(at path: String, _ workshop: borrowing Workshop) -> Attachment? {
    switch self {
    case .honeyguide, .honeyguideOutside, .opensnoop, .bpftrace: attachment(to: .open, at: path, workshop)
    case .honeyguideShells:
      Attachment(
        place: .around,
        arguments: [path, "run", "--quiet", "--bash-vars", "--json", workshop.output, "--"],
        rule: honeyguideRule(.open, workshop))
    case .statsnoop, .execsnoop, .strace, .straceSeccomp, .honeyguidePage, .nothing: nil
    case .honeyguideAgent, .honeyguidePath, .honeyguideComm, .honeyguideOnly: nil
    }
  }

  private func rule(_ storm: Storm, _ workshop: borrowing Workshop) -> LineRule? {
    switch storm {
    case .open: LineRule(needles: [workshop.target])
    case .stat: LineRule(needles: [workshop.present])
    case .statMissing, .statNew: LineRule(needles: [workshop.absent])
    case .exec: LineRule(needles: [workshop.word])
    // Marked by the listener's port, which nobody else uses.
    case .connect: LineRule(needles: ["connect", "7311"])
    case .build: nil
    }
  }

  /// The storm's own exec carries the paths as arguments, so the kind of the event is looked at too.
  private func honeyguideRule(_ storm: Storm, _ workshop: borrowing Workshop) -> LineRule? {
    switch storm {
    case .open: LineRule(needles: [workshop.target, "\"event\":\"open\""])
    case .stat: LineRule(needles: [workshop.present, "\"event\":\"lookup\""], distinct: 1)
    case .statMissing: LineRule(needles: [workshop.absent, "\"event\":\"lookup\""], distinct: 10_000)
    case .statNew: LineRule(needles: [workshop.absent, "\"event\":\"lookup\""], distinct: 200_000)
    case .exec: LineRule(needles: ["\"\(workshop.word)\"]", "\"event\":\"exec\""])
    case .connect: LineRule(needles: ["\"port\":7311},\"pending\":false", "\"event\":\"connect\""])
    case .build: nil
    }
  }

  /// The programs of bpftrace's own opensnoop.bt, statsnoop.bt and execsnoop.bt, narrowed to what is measured.
  private static func script(_ storm: Storm) -> String {
    func pathCall(_ call: String, _ filter: String) -> String {
      """
      tracepoint:syscalls:sys_enter_\(call) \(filter) { @name[tid] = args->filename; }
      tracepoint:syscalls:sys_exit_\(call) /@name[tid]/ \
      { printf("%d %s %d %s\\n", pid, comm, args->ret, str(@name[tid])); delete(@name[tid]); }

      """
    }
    let exec = """
      tracepoint:syscalls:sys_enter_execve { printf("%d %s ", pid, comm); join(args->argv); }

      """
    return switch storm {
    case .open: pathCall("openat", "/pid == {pid}/")
    case .stat, .statMissing, .statNew: pathCall("newfstatat", "/pid == {pid}/")
    case .exec: exec
    case .connect: ""
    case .build: pathCall("openat", "") + exec
    }
  }
}

/// How a tracer is put to work on a storm.
struct Attachment {
  enum Place {
    /// The tracer starts the storm.
    case around
    /// The storm waits at its gate until the tracer, started beside it, shows the storm's markers.
    case beside
  }

  let place: Place
  /// The command line, before the storm's where the tracer starts it; `{pid}` stands for the storm's.
  let arguments: [String]
  /// Which lines of the output are the storm's events; nil where they cannot be compared with the truth.
  let rule: LineRule?
  /// The tracer is told to leave out the storm's events: it is to show none.
  var leavesOut = false
  /// Whether the tracer gives up where it may not raise RLIMIT_MEMLOCK.
  var raisesMemoryLock = false

  func command(pid: pid_t) -> [String] {
    arguments.map { argument in
      var parts = argument.split(separator: "{pid}", omittingEmptySubsequences: false).map(String.init)
      let first = parts.removeFirst()
      return parts.reduce(first) { $0 + "\(pid)" + $1 }
    }
  }
}
