// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF

/// Loads `tp_btf/NAME` programs without libbpf's own reading of the kernel's types (see `KernelTypes`).
///
/// libbpf would read them, 5 MB in pages, for every program of the type `BPF_PROG_TYPE_TRACING`. So the section is given
/// another type, and the true one in the moment before bpf(2) is called, together with the id of the tracepoint's
/// type. The handler (`libbpf_register_prog_handler`) holds for the whole process.
enum TracepointHandler {
  /// Whether it is there: not where the kernel's types could not be read here. Then libbpf's own way is used.
  static let isInstalled: Bool = {
    guard KernelTypes.running != nil else { return false }
    var options = libbpf_prog_handler_opts()
    options.sz = MemoryLayout<libbpf_prog_handler_opts>.size
    unsafe options.prog_prepare_load_fn = { program, options, _ in
      guard let program = unsafe program, let options = unsafe options,
        let section = unsafe bpf_program__section_name(program)
      else { return -EINVAL }
      let name = unsafe String(cString: section).split(separator: "/").last.map(String.init) ?? ""
      guard let type = KernelTypes.running?.tracepoint(name) else { return -ENOENT }
      unsafe options.pointee.attach_btf_id = type
      return unsafe bpf_program__set_type(program, BPF_PROG_TYPE_TRACING)
    }
    return unsafe libbpf_register_prog_handler(
      "tp_btf+", BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_TRACE_RAW_TP, &options) >= 0
  }()
}
