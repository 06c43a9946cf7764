// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// Something a kernel may or may not offer. Asked of the kernel by trying, never of its version.
public enum KernelFeature: Hashable, Sendable {
  /// A kind of map, by its number in `enum bpf_map_type` (`libbpf_probe_bpf_map_type`).
  case map(UInt32)
  /// A helper function in a program on a tracepoint with BTF, by its number in `enum bpf_func_id`.
  case helper(UInt32)
  /// A tracepoint that programs with BTF types can be attached to (`tp_btf`).
  case tracepoint(String)
  /// A helper function in an iterator over tasks that may sleep (`iter.s/task`), by its number.
  case sleepingHelper(UInt32)
  /// The kernel's own type information, /sys/kernel/btf/vmlinux.
  case typeInformation
  /// Programs that are attached to many places of a file at once, for one process with all its threads or for all:
  /// Linux 6.6 (commit 89ae89f53d20), with what 6.10 mended (commit 46ba0e49b642).
  case uprobeMulti
  /// One program for a function's begin and its return, which decides at the begin whether it wants to be told of the
  /// return: Linux 6.13 (commit d920179b3d4842).
  case uprobeSession

  public static let ringBuffer = map(27)
  public static let taskStorage = map(29)
  public static let lruHash = map(9)
  /// bpf_loop, Linux 5.17 (commit e6f2dd0f8067): the newest thing that Honeyguide needs.
  public static let loop = helper(181)

  /// bpf_copy_from_user_task, Linux 5.18 (commit 376040e47334).
  public static let readsOtherMemory = sleepingHelper(191)

  public enum Answer: Hashable, Sendable {
    case yes
    case no
    /// It could not be tried, and why: usually missing rights.
    case unknown(String)
  }

  /// Asks the kernel this runs on.
  public var answer: Answer {
    switch self {
    case .typeInformation:
      return unsafe access("/sys/kernel/btf/vmlinux", R_OK) == 0 ? .yes : .no
    case .map(let type):
      let (result, _) = LibbpfMessages.collect {
        libbpf_probe_bpf_map_type(bpf_map_type(rawValue: type), nil)
      }
      return Self.answer(result)
    case .tracepoint(let name):
      return LibbpfMessages.collect { KernelTypes.tracepoint(name) }.0 > 0 ? .yes : .no
    case .helper(let number):
      let type = LibbpfMessages.collect { KernelTypes.tracepoint("sched_process_exit") }.0
      guard type > 0 else { return .unknown("the tracepoint sched_process_exit has no type information") }
      return Self.tryHelper(number, type: type, attachType: BPF_TRACE_RAW_TP, flags: 0)
    case .uprobeMulti: return Self.tryUprobes(HG_TRACE_UPROBE_MULTI)
    case .uprobeSession: return Self.tryUprobes(HG_TRACE_UPROBE_SESSION)
    case .sleepingHelper(let number):
      let type = LibbpfMessages.collect { KernelTypes.iterator("task") }.0
      guard type > 0 else { return .no }
      return Self.tryHelper(
        number, type: type, attachType: BPF_TRACE_ITER, flags: 1 << 4 /* BPF_F_SLEEPABLE */)
    }
  }

  private static func answer(_ result: Int32) -> Answer {
    result > 0 ? .yes : result == 0 ? .no : .unknown("\(Errno(rawValue: -result))")
  }

  /// Loads `return 0`, and asks for it to be attached to a directory. A kernel that cannot attach so says EINVAL, one that
  /// can EBADF; of a process that cannot be, one that takes a pid for a thread says EBADF too, and one that takes it for
  /// a process EINVAL.
  private static func tryUprobes(_ type: Int) -> Answer {
    let instructions = [
      bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
      bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]
    let (program, _) = LibbpfMessages.collect {
      var options = unsafe bpf_prog_load_opts()
      unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
      unsafe options.expected_attach_type = bpf_attach_type(rawValue: UInt32(type))
      return unsafe bpf_prog_load(
        BPF_PROG_TYPE_KPROBE, "hg_probe", "Dual BSD/GPL", instructions, instructions.count, &options)
    }
    // The type of attachment is refused before rights are looked at where it is not known (EINVAL).
    if program < 0 { return program == -EINVAL ? .no : .unknown("\(Errno(rawValue: -program))") }
    defer { close(program) }
    func error(pid: Int32) -> Int32 {
      let zero: [UInt64] = [0]
      let link = unsafe hg_link_uprobes(program, UInt32(type), "/", zero, nil, nil, 1, false, pid)
      defer { if link >= 0 { close(link) } }
      return link >= 0 ? 0 : errno
    }
    let all = error(pid: 0)
    if all == EPERM { return .unknown("\(Errno.notPermitted)") }
    return all == EBADF && error(pid: -1) == EINVAL ? .yes : .no
  }

  /// Loads `call HELPER; exit` for a tracepoint or an iterator. The verifier looks the helper up before it looks at arguments, so
  /// "unknown func" or "invalid func" means no, and anything else it complains of means yes.
  private static func tryHelper(
    _ number: UInt32, type: Int32, attachType: bpf_attach_type, flags: UInt32
  ) -> Answer {
    let instructions = [
      bpf_insn(code: 0x85, dst_reg: 0, src_reg: 0, off: 0, imm: Int32(bitPattern: number)),
      bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
    ]
    var log = [CChar](repeating: 0, count: 4096)
    let (result, _) = LibbpfMessages.collect {
      unsafe log.withUnsafeMutableBufferPointer { log in
        var options = unsafe bpf_prog_load_opts()
        unsafe options.sz = MemoryLayout<bpf_prog_load_opts>.size
        unsafe options.expected_attach_type = attachType
        unsafe options.prog_flags = flags
        unsafe options.attach_btf_id = UInt32(type)
        unsafe options.log_level = 1
        unsafe options.log_buf = log.baseAddress
        unsafe options.log_size = UInt32(log.count)
        return unsafe bpf_prog_load(
          BPF_PROG_TYPE_TRACING, "hg_probe", "Dual BSD/GPL", instructions, instructions.count, &options)
      }
    }
    if result >= 0 {
      close(result)
      return .yes
    }
    if result == -EPERM { return .unknown("\(Errno.notPermitted)") }
    let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.isEmpty { return .unknown("\(Errno(rawValue: -result))") }
    return text.hasText("unknown func") || text.hasText("invalid func") ? .no : .yes
  }
}

extension String {
  fileprivate func hasText(_ text: String) -> Bool {
    indices.contains { self[$0...].hasPrefix(text) }
  }
}
