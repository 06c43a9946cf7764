// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import Glibc
internal import Inspection
internal import SystemPackage

/// What this kernel and these rights allow, found out by trying.
public struct Diagnosis: Sendable {
  /// One thing that was tried, as a sentence.
  public struct Finding: Sendable {
    public enum Verdict: Sendable { case good, bad, note }
    public var verdict: Verdict
    public var sentence: String
  }

  public var findings: [Finding] = []

  /// Whether `honeyguide run` works here.
  public var isGood: Bool { !findings.contains { $0.verdict == .bad } }

  /// Why loading failed, when that can be told without the kernel's own words; nil otherwise.
  static var obstacle: String? {
    let missing = Capabilities.missing
    if !missing.isEmpty {
      return "this takes \(missing.joined(separator: " and ")), which you lack; start Honeyguide with sudo"
    }
    if KernelFeature.typeInformation.answer == .no {
      return
        "this kernel has no type information of its own (/sys/kernel/btf/vmlinux); it takes one that was built "
        + "with CONFIG_DEBUG_INFO_BTF"
    }
    return nil
  }

  /// Tries everything. `program` is the path of Honeyguide's binary, for the setcap line.
  public init(program: String) {
    let hasRights = rights(program)
    kernel(hasRights: hasRights)
    if isGood { attempt() }
    if isGood { findings.append(InjectionTrial(program: program).finding) }
    limits()
  }

  private mutating func add(_ verdict: Finding.Verdict, _ sentence: String) {
    findings.append(Finding(verdict: verdict, sentence: sentence))
  }

  /// Whether they suffice.
  private mutating func rights(_ program: String) -> Bool {
    let missing = Capabilities.missing
    let setcap = "sudo setcap cap_bpf,cap_perfmon=ep \(program)"
    if geteuid() == 0 && missing.isEmpty {
      add(.good, "You are root, with every capability that inspection needs.")
      add(.note, "Without root it would work after: \(setcap)")
      add(.note, Self.caution(program))
    } else if missing.isEmpty {
      add(.good, "You are not root, but have every capability that inspection needs (CAP_BPF, CAP_PERFMON).")
    } else {
      let names = missing.joined(separator: " and ")
      add(
        .bad,
        geteuid() == 0
          ? "You are root, but without \(names): a container probably withholds them; grant them (docker run "
            + "--cap-add BPF --cap-add PERFMON), or run Honeyguide outside of it."
          : "You lack \(names): start Honeyguide with sudo, or allow it once with: \(setcap)")
      if geteuid() != 0 { add(.note, Self.caution(program)) }
    }
    return missing.isEmpty
  }

  /// What setcap gives away.
  private static func caution(_ program: String) -> String {
    "That lets every local user who may execute the file trace the whole machine; so first keep it for a group: "
      + "sudo chown root:GROUP \(program) && sudo chmod 0750 \(program)"
  }

  private mutating func kernel(hasRights: Bool) {
    var name = utsname()
    unsafe uname(&name)
    let release = unsafe withUnsafeBytes(of: name.release) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    guard ask(.typeInformation, "its own type information (/sys/kernel/btf/vmlinux)", "CONFIG_DEBUG_INFO_BTF")
    else { return }
    guard hasRights else {
      add(.note, "What else this kernel (Linux \(release)) offers can only be tried with those rights.")
      return
    }
    var isComplete = true
    for (feature, what, since) in Self.features {
      isComplete = ask(feature, what, since) && isComplete
    }
    if isComplete { add(.good, "This kernel (Linux \(release)) has everything that inspection uses.") }
  }

  private static let features: [(KernelFeature, String, String)] = [
    (.tracepoint("sys_exit"), "the tracepoint sys_exit", "CONFIG_FTRACE_SYSCALLS"),
    (.tracepoint("sched_process_exec"), "the tracepoint sched_process_exec", "CONFIG_TRACEPOINTS"),
    (.tracepoint("inet_sock_set_state"), "the tracepoint inet_sock_set_state", "CONFIG_INET"),
    (.ringBuffer, "BPF ring buffers", "Linux 5.8"), (.taskStorage, "BPF task storage", "Linux 5.11"),
    (.loop, "the BPF helper bpf_loop", "Linux 5.17"),
  ]

  /// Adds a finding where the kernel lacks something; whether it has it.
  private mutating func ask(_ feature: KernelFeature, _ what: String, _ source: String) -> Bool {
    switch feature.answer {
    case .yes: return true
    case .no:
      add(.bad, "This kernel lacks \(what): it comes with \(source).")
    case .unknown(let reason):
      add(.note, "Whether this kernel has \(what) could not be tried: \(reason).")
    }
    return false
  }

  /// The proof: the real programs, loaded and attached, and taken away again.
  private mutating func attempt() {
    do {
      let start = Clock.boot()
      let tracer = try Tracer.start(
        Tracer.Options(variables: try VariableTargets(VariableOptions(library: true), for: .nobody)))
      let milliseconds = (Clock.boot() - start) / 1_000_000
      let notes = tracer.notes
      tracer.detach()
      tracer.detachUprobes()
      add(.good, "Inspection works: its programs were loaded and attached in \(milliseconds) ms.")
      for note in notes { add(.note, note) }
      if notes.isEmpty {
        add(
          .note,
          "Meanwhile each getenv of any program of the machine takes 1 to 2 µs longer; with --no-env it does not."
        )
      }
      shells()
      attemptOutside()
    } catch {
      add(.bad, "Inspection does not work here: \(error).")
    }
  }

  /// Whether calls inside Python could be counted without the agent.
  private mutating func attemptOutside() {
    do {
      let files = PythonSearch(environment: .ours).everywhere().flatMap { PythonSearch.codeFiles($0) }
      let tracer = try Tracer.start(Tracer.Options(functions: files))
      let versions = Set(tracer.functions?.attached.map(\.version) ?? []).sorted(by: Self.isOlder)
      tracer.detach()
      tracer.detachUprobes()
      add(
        .note,
        versions.isEmpty
          ? "None of the Pythons that were found tells its calls to anybody outside; --no-inject --python calls counts none of them."
          : "With --no-inject --python calls, calls of Python \(versions.joined(separator: ", ")) are counted from outside; "
            + "each then takes 1 to 2 µs longer in every process of the machine that runs it.")
    } catch {
      add(
        .note,
        "Calls inside Python cannot be counted from outside here (--no-inject --python calls): \(error).")
    }
  }

  /// Of versions as "3.9" and "3.11.2": their numbers, one after the other.
  static func isOlder(_ one: String, _ other: String) -> Bool {
    func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }
    return numbers(one).lexicographicallyPrecedes(numbers(other))
  }

  /// What --bash-vars would do.
  private mutating func shells() {
    do throws(VariableError) {
      let targets = try VariableTargets(VariableOptions(bash: true), for: .nobody)
      let names = targets.shells.map { $0.path.quoted }.joined(separator: " and ")
      add(
        .note,
        "--bash-vars can tell what \(names) looks up; each look-up of any bash then takes up to 5 µs longer.")
    } catch {
      add(.note, "--bash-vars cannot be used: \(error).")
    }
  }

  private mutating func limits() {
    #if !arch(x86_64)
      add(.bad, "Honeyguide knows the system calls of x86-64 only.")
    #endif
    if let lockdown = Self.word("/sys/kernel/security/lockdown"), lockdown.contains("[confidentiality]") {
      add(
        .bad,
        "The kernel is locked down for confidentiality, which forbids BPF to read its memory; boot with "
          + "lockdown=integrity or none.")
    }
  }

  /// A small file's text; nil where it cannot be read.
  static func word(_ path: FilePath) -> String? {
    guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? file.close() }
    var bytes = [UInt8](repeating: 0, count: 4096)
    guard let count = try? unsafe bytes.withUnsafeMutableBytes({ try unsafe file.read(into: $0) }) else {
      return nil
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}

/// The capabilities of this process.
enum Capabilities {
  /// What loading and attaching tracing programs takes (Linux 5.8).
  static let needed: [(number: Int, name: String)] = [(38, "CAP_PERFMON"), (39, "CAP_BPF")]

  /// The names of those that are needed and not there.
  static var missing: [String] {
    let held = effective
    return needed.filter { !held.contains($0.number) }.map(\.name)
  }

  /// The effective ones, by number. CAP_SYS_ADMIN (21) stands for both of the above, as in the kernel.
  static var effective: Set<Int> {
    let status = Diagnosis.word("/proc/self/status") ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let mask = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) } ?? 0
    let held = Set((0..<64).filter { mask >> UInt64($0) & 1 == 1 })
    return held.contains(21) ? held.union([38, 39]) : held
  }
}

extension Diagnosis {
  /// The path of the binary that runs.
  public static var ownProgram: String {
    var buffer = [CChar](repeating: 0, count: 4097)
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count - 1)
    return length > 0
      ? String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self) : "honeyguide"
  }
}
