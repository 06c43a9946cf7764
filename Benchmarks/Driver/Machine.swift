// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What the figures depend on besides the tools.
enum Machine {
  static func facts(_ plan: Plan, _ workshop: borrowing Workshop) -> [(String, String)] {
    var facts = [
      ("kernel", (Files.text("/proc/sys/kernel/osrelease") ?? "unknown").filter { $0 != "\n" }),
      ("processor", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) x \(processor())"),
      ("compiler of the storms", firstLine(["cc", "--version"], workshop)),
      ("load before", load()),
      ("tracing programs in the kernel before", programs(workshop)),
    ]
    var named: Set<String> = []
    for (tool, path) in plan.tools {
      guard let program = tool.program, named.insert(program).inserted else { continue }
      facts.append((program, version(tool, path, workshop)))
    }
    // With it, each run of a BPF program is timed: every BPF tool looks slower than it is.
    if Files.text("/proc/sys/kernel/bpf_stats_enabled")?.first == "1" {
      facts.append(("kernel.bpf_stats_enabled", "1: BPF tools are slower than usual"))
    }
    return facts
  }

  /// Whether RLIMIT_MEMLOCK may be raised: bpftrace insists on it.
  static func mayRaiseMemoryLock() -> Bool {
    // RLIM_INFINITY, which Swift cannot import.
    var limit = rlimit(rlim_cur: .max, rlim_max: .max)
    return unsafe setrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0
  }

  /// Starts this program again in a mount namespace of its own with tracefs, where that is not mounted:
  /// libbpf-tools and bpftrace find their tracepoints there. Nothing is mounted for anybody else.
  static func provideTraceFileSystem() {
    let place = "/sys/kernel/tracing"
    let marker = "HONEYGUIDE_BENCH_MOUNTED"
    guard unsafe access(place + "/events", F_OK) != 0, Programs.environment(marker) == nil,
      let unshare = Programs.find("unshare"), let shell = Programs.find("sh")
    else { return }
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe readlink("/proc/self/exe", &path, path.count)
    guard length > 0 else { return }
    unsafe setenv(marker, "1", 1)
    let script = "mount -t tracefs nodev \(place); exec \"$@\""
    let program = String(decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let command =
      [unshare, "--mount", shell, "-c", script, "sh", program] + CommandLine.arguments.dropFirst()
    var vector: [UnsafeMutablePointer<CChar>?] = unsafe command.map { unsafe strdup($0) }
    unsafe vector.append(nil)
    unsafe execv(unshare, vector)
    // Without it, the tools that need tracefs say so themselves.
  }

  /// One, five and fifteen minutes.
  static func load() -> String {
    (Files.text("/proc/loadavg") ?? "").split(separator: " ").prefix(3).joined(separator: " ")
  }

  /// BPF programs that others have attached slow the untraced runs too.
  static func programs(_ workshop: borrowing Workshop) -> String {
    guard let bpftool = Programs.find("bpftool"), (try? workshop.run([bpftool, "prog", "list"])) != nil,
      let text = Files.text(workshop.complaint)
    else { return "unknown (no bpftool)" }
    let kinds = ["tracing", "tracepoint", "raw_tracepoint", "kprobe", "perf_event", "lsm"]
    let count = text.split(separator: "\n").filter { line in
      kinds.contains { line.contains(": \($0) ") }
    }
    return "\(count.count)"
  }

  private static func processor() -> String {
    let lines = (Files.text("/proc/cpuinfo") ?? "").split(separator: "\n")
    let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    return model.map { $0.drop { $0 == " " } }.map(String.init) ?? "unknown"
  }

  private static func version(_ tool: Tool, _ path: String, _ workshop: borrowing Workshop) -> String {
    switch tool {
    case .opensnoop, .execsnoop, .statsnoop:
      // They say nothing of the release they come from; the package does.
      if let query = Programs.find("dpkg-query"),
        let line = Programs.firstLine(
          [query, "-W", "-f", "libbpf-tools ${Version}\n", "libbpf-tools"], in: workshop),
        line.hasPrefix("libbpf-tools ")
      {
        return line
      }
      return firstLine([path, "--version"], workshop)
    default: return firstLine([path, "--version"], workshop)
    }
  }

  private static func firstLine(_ arguments: [String], _ workshop: borrowing Workshop) -> String {
    var arguments = arguments
    if let path = Programs.find(arguments[0]), !arguments[0].contains("/") { arguments[0] = path }
    return Programs.firstLine(arguments, in: workshop) ?? "unknown"
  }
}
