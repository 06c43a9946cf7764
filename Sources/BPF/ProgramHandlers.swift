// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// Loads `tp_btf/NAME`, `iter/NAME` and `iter.s/NAME` programs without libbpf's own reading of the kernel's types (see
/// `KernelTypes`).
///
/// libbpf would read them, 5 MB in pages, for every program of the type `BPF_PROG_TYPE_TRACING`. So the section is given
/// another type, and the true one in the moment before bpf(2) is called, together with the id of the kernel's type that
/// it is attached by. Where the kernel's types could not be read here, libbpf is asked for that id.
enum ProgramHandlers {
  /// Has libbpf call the handlers, for the whole process (`libbpf_register_prog_handler`): before any object is opened, for
  /// libbpf's list of them is not made for several threads.
  static func install() { _ = areInstalled }

  private static let areInstalled: Bool = {
    let areRegistered = [
      unsafe register("tp_btf+", BPF_TRACE_RAW_TP) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 0) { KernelTypes.tracepoint($0) }
      },
      unsafe register("iter+", BPF_TRACE_ITER) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 0) { KernelTypes.iterator($0) }
      },
      unsafe register("iter.s+", BPF_TRACE_ITER) { program, options, _ in
        unsafe ProgramHandlers.prepare(program, options, flags: 1 << 4 /* BPF_F_SLEEPABLE */) {
          KernelTypes.iterator($0)
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

  /// `type` finds what the last part of the section's name stands for; or gives a negative errno.
  private static func prepare(
    _ program: OpaquePointer?, _ options: UnsafeMutablePointer<bpf_prog_load_opts>?, flags: UInt32,
    _ type: (String) -> Int32
  ) -> Int32 {
    guard let program = unsafe program, let options = unsafe options,
      let section = unsafe bpf_program__section_name(program)
    else { return -EINVAL }
    let name = unsafe String(cString: section).split(separator: "/").last.map(String.init) ?? ""
    let type = type(name)
    guard type > 0 else { return type == 0 ? -ENOENT : type }
    unsafe options.pointee.attach_btf_id = UInt32(type)
    unsafe options.pointee.prog_flags |= flags
    return unsafe bpf_program__set_type(program, BPF_PROG_TYPE_TRACING)
  }
}

extension KernelTypes {
  /// The id of a tracepoint's type, or a negative errno: found here, or by libbpf (`libbpf_find_vmlinux_btf_id`).
  static func tracepoint(_ name: String) -> Int32 {
    if let types = running { return types.tracepoint(name).map { Int32($0) } ?? -ENOENT }
    return unsafe libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP)
  }

  /// The id of an iterator's type, likewise.
  static func iterator(_ name: String) -> Int32 {
    if let types = running { return types.iterator(name).map { Int32($0) } ?? -ENOENT }
    return unsafe libbpf_find_vmlinux_btf_id(name, BPF_TRACE_ITER)
  }
}
