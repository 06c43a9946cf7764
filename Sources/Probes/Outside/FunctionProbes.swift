// SPDX-License-Identifier: Apache-2.0
internal import BPF
internal import CProbeEvents
internal import Inspection
internal import Synchronization
internal import SystemPackage

/// The uprobes that tell of calls inside Python (Programs/frames.h), file by file of an interpreter.
///
/// They run for every process of the machine that runs such a file while they are attached; a process that is not followed
/// pays for the trap and no more, but for 3.11 also for the slower way on which its interpreter tells of calls. One thread at
/// a time attaches; another may detach meanwhile.
final class FunctionProbes: @unchecked Sendable {
  /// A file that was looked at.
  enum Finding {
    /// Nil: no interpreter's code is in it.
    case noPython
    case refused(PythonFile.Refusal)
    case attached(Attached)
  }

  /// `number` is the cookie of its probes; `since` when they were there, in nanoseconds since boot.
  struct Attached {
    var number: UInt32
    var version: String
    var method: Interpreter.Method
    var since: UInt64
  }

  private var findings: [OpenedFile.Identity: (finding: Finding, changed: Int64)] = [:]
  private(set) var attached: [Attached] = []
  /// Nil: they are detached, for good.
  private let uprobes = Mutex<[Box]?>([])

  private final class Box: Sendable {
    let uprobes: Uprobes
    init(_ uprobes: consuming Uprobes) { self.uprobes = uprobes }
  }

  private static let programs = ["frame_evaluated", "function_begun", "function_ended", "semaphore_raised"]
  private static let maps = ["interpreters", "function_counts", "frame_stacks", "active_functions"]

  /// Before loading: leaves out what nobody is to use.
  static func omit(from blueprint: inout Blueprint) throws(BPFError) {
    for map in maps { try blueprint.omit(map: map) }
  }

  /// Before loading; gives the programs that are needed.
  static func prepare(_ blueprint: inout Blueprint) throws(BPFError) -> [String] {
    for program in programs { try blueprint.prepare(uprobe: program) }
    return programs
  }

  /// What keeps them attached.
  var descriptors: [FileDescriptor] { uprobes.withLock { $0 ?? [] }.flatMap { $0.uprobes.descriptors } }

  /// Looks at a file, and attaches where it has an interpreter's code; each file once, but for those that had none and were
  /// changed since: a library may have been looked at while it was written.
  func attach(_ path: ByteString, _ object: borrowing LoadedObject) -> Finding {
    guard let file = OpenedFile(path) else { return .noPython }
    if let known = findings[file.identity] {
      guard case .noPython = known.finding, known.changed != file.changed else { return known.finding }
    }
    let finding = look(file, object)
    findings[file.identity] = (finding, file.changed)
    return finding
  }

  private func look(_ file: OpenedFile, _ object: borrowing LoadedObject) -> Finding {
    guard let elf = file.elf else { return .noPython }
    do throws(PythonFile.Refusal) {
      guard var python = try PythonFile(elf, read: file.read) else { return .noPython }
      guard attached.count < Int(HG_INTERPRETERS) else {
        throw PythonFile.Refusal(
          version: python.version, reason: "too many files of interpreters are there already")
      }
      let number = UInt32(attached.count)
      python.begin.cookie = UInt64(number)
      python.end?.cookie = UInt64(number)
      do throws(BPFError) {
        try object.map("interpreters").update(number, python.layout)
        // The ends first: who has begun and does not end is worse than the other way round.
        if let end = python.end {
          keep(Box(try object.attach("function_ended", to: [end], of: file.path)))
        }
        let begin = python.end == nil ? "frame_evaluated" : "function_begun"
        keep(Box(try object.attach(begin, to: [python.begin], of: file.path)))
        if let raised = python.raised {
          keep(Box(try object.attach("semaphore_raised", to: [raised], of: file.path)))
        }
      } catch {
        throw PythonFile.Refusal(version: python.version, reason: "the kernel refused its probes: \(error)")
      }
      let new = Attached(
        number: number, version: python.version, method: python.method, since: Clock.boot())
      attached.append(new)
      return .attached(new)
    } catch {
      return .refused(error)
    }
  }

  /// What comes after the others are detached goes at once.
  private func keep(_ box: Box) { uprobes.withLock { $0?.append(box) } }

  /// Detaches, or leaves that to whoever holds the descriptors as well.
  func detach() { uprobes.withLock { $0 = nil } }
}
