// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
public import SystemPackage

/// An object whose maps exist, and whose programs were verified or are just being. All of it lasts as long as this value,
/// and as anything that was taken from it: nothing is pinned, so the kernel frees all of it with the last descriptor, also
/// when the process is killed.
public struct LoadedObject: ~Copyable, Sendable {
  private let blueprint: Blueprint
  private let parts: [Part]

  init(_ blueprint: consuming Blueprint, _ parts: [Part]) {
    self.blueprint = blueprint
    self.parts = parts
  }

  /// The maps go last.
  deinit { for part in parts { part.wait() } }

  /// Waits until all programs are loaded. Throws what went wrong with the first that could not be.
  public func waitForPrograms() throws(BPFError) { for part in parts { unsafe _ = try part.loaded() } }

  /// A map, through a descriptor of its own.
  public func map(_ name: String) throws(BPFError) -> BPFMap {
    guard let found = unsafe bpf_object__find_map_by_name(blueprint.pointer, name) else {
      throw BPFError(call: "bpf_object__find_map_by_name", subject: name, errno: .noSuchFileOrDirectory)
    }
    return try BPFMap(duplicating: unsafe bpf_map__fd(found), name: name)
  }

  /// The descriptor of a program, which lasts as long as this object.
  public func descriptor(ofProgram name: String) throws(BPFError) -> FileDescriptor {
    FileDescriptor(rawValue: unsafe bpf_program__fd(try find(program: name)))
  }

  /// Whether a program is there and was loaded.
  public func hasLoaded(_ program: String) -> Bool { unsafe (try? find(program: program)) != nil }

  /// How often the kernel left a program out because it was already running on that processor: events lost.
  ///
  /// Beneath: `recursion_misses` of `bpf_prog_info` (Linux 5.12).
  public func misses(ofProgram name: String) throws(BPFError) -> UInt64 {
    let program = unsafe bpf_program__fd(try find(program: name))
    var info = bpf_prog_info()
    var size = UInt32(MemoryLayout<bpf_prog_info>.size)
    try check("bpf_obj_get_info_by_fd", name) { unsafe bpf_obj_get_info_by_fd(program, &info, &size) }
    return info.recursion_misses
  }

  /// Attaches a program to what its section names, until the link is gone (`bpf_program__attach`, or
  /// `bpf_program__attach_trace` for a tracepoint with BTF types).
  public func attach(_ program: String) throws(BPFError) -> Link {
    let found = unsafe try find(program: program)
    let isTracepoint = unsafe bpf_program__expected_attach_type(found) == BPF_TRACE_RAW_TP
    let (link, messages) = unsafe LibbpfMessages.collect {
      unsafe isTracepoint ? bpf_program__attach_trace(found) : bpf_program__attach(found)
    }
    guard let link = unsafe link else {
      throw BPFError(
        call: "bpf_program__attach", subject: program, errno: .current,
        messages: LibbpfMessages.divide(messages).rest)
    }
    return unsafe Link(link)
  }

  /// Runs a program of a type that can be run by hand, a socket filter, once, over a packet of zeros
  /// (`bpf_prog_test_run_opts`).
  public func run(_ program: String) throws(BPFError) {
    let descriptor = unsafe bpf_program__fd(try find(program: program))
    let packet = [UInt8](repeating: 0, count: 64)
    try check("bpf_prog_test_run_opts", program) {
      unsafe packet.withUnsafeBytes { packet in
        var options = unsafe bpf_test_run_opts()
        unsafe options.sz = MemoryLayout<bpf_test_run_opts>.size
        unsafe options.data_in = packet.baseAddress
        unsafe options.data_size_in = UInt32(packet.count)
        return unsafe bpf_prog_test_run_opts(descriptor, &options)
      }
    }
  }

  /// A program that was chosen, once it is loaded.
  func find(program: String) throws(BPFError) -> OpaquePointer {
    try blueprint.expect(program: program)
    guard let part = parts.first(where: { $0.programs.contains(program) }),
      let found = unsafe bpf_object__find_program_by_name(try part.loaded(), program)
    else { throw BPFError(call: "bpf_program__fd", subject: program, errno: .noSuchFileOrDirectory) }
    return unsafe found
  }
}

/// An attached program: it runs until this value is gone.
///
/// Beneath: `struct bpf_link` with a descriptor of the kernel's own link, which ends with the process.
@safe public struct Link: ~Copyable {
  private let link: OpaquePointer

  init(_ link: OpaquePointer) { unsafe self.link = link }

  deinit { unsafe _ = bpf_link__destroy(link) }

  /// The kernel's link (`bpf_link__fd`), for as long as this value lasts.
  var descriptor: FileDescriptor { FileDescriptor(rawValue: unsafe bpf_link__fd(link)) }

  /// Detaches now, and tells when that failed.
  public consuming func close() throws(BPFError) {
    let link = unsafe self.link
    discard self
    try check("bpf_link__destroy", "link") { unsafe bpf_link__destroy(link) }
  }
}
