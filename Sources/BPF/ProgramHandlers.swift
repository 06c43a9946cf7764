// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// Loads `tp_btf/NAME`, `iter/NAME` and `iter.s/NAME` programs without libbpf's own reading of the kernel's types (see
/// `KernelTypes`).
///
/// libbpf would read them, 5 MB in pages, for every program of the type `BPF_PROG_TYPE_TRACING`. So the section is given
/// another type, and the true one in the moment before bpf(2) is called, together with the id of the kernel's type that
/// it is attached by. The handlers (`libbpf_register_prog_handler`) hold for the whole process.
enum ProgramHandlers {
  /// Whether they are there: not where the kernel's types could not be read here. Then libbpf's own way is used.
  static let areInstalled: Bool = {
    guard KernelTypes.running != nil else { return false }
    let areRegistered = [
      unsafe register("tp_btf+", BPF_TRACE_RAW_TP) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 0) { KernelTypes.running?.tracepoint($0) }
      },
      unsafe register("iter+", BPF_TRACE_ITER) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 0) { KernelTypes.running?.iterator($0) }
      },
      unsafe register("iter.s+", BPF_TRACE_ITER) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 1 << 4 /* BPF_F_SLEEPABLE */) {
          KernelTypes.running?.iterator($0)
        }
      },
    ]
    return areRegistered.allSatisfy { $0 }
  }()

  private static func register(
    _ section: String, _ attachType: bpf_attach_type, _ prepare: libbpf_prog_prepare_load_fn_t
  ) -> Bool {
    var options = libbpf_prog_handler_opts()
    options.sz = MemoryLayout<libbpf_prog_handler_opts>.size
    unsafe options.prog_prepare_load_fn = prepare
    return unsafe libbpf_register_prog_handler(
      section, BPF_PROG_TYPE_RAW_TRACEPOINT, attachType, &options) >= 0
  }

  /// `type` finds what the last part of the section's name stands for.
  private static func prepare(
    _ program: OpaquePointer?, _ options: UnsafeMutablePointer<bpf_prog_load_opts>?, flags: UInt32,
    _ type: (String) -> UInt32?
  ) -> Int32 {
    guard let program = unsafe program, let options = unsafe options,
      let section = unsafe bpf_program__section_name(program)
    else { return -EINVAL }
    let name = unsafe String(cString: section).split(separator: "/").last.map(String.init) ?? ""
    guard let type = type(name) else { return -ENOENT }
    unsafe options.pointee.attach_btf_id = type
    unsafe options.pointee.prog_flags |= flags
    return unsafe bpf_program__set_type(program, BPF_PROG_TYPE_TRACING)
  }
}
