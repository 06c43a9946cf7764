// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// A BPF object file that was read but not loaded: maps can be resized, constants set and programs left out.
///
/// Beneath: `struct bpf_object` before `bpf_object__load`.
@safe public struct Blueprint: ~Copyable {
  private let object: OpaquePointer
  private let name: String
  /// libbpf reads the bytes again when it loads.
  private let bytes: [UInt8]
  /// What libbpf takes for the kernel's types, written before it loads; nil where it is to read them itself.
  private let kernelTypes: FileDescriptor?

  /// Reads an object file's bytes. Throws where they are no BPF object (`bpf_object__open_mem`).
  public init(_ bytes: [UInt8], name: String) throws(BPFError) {
    var bytes = bytes
    KernelCode.complete(&bytes)
    self.name = name
    self.bytes = bytes
    let memory = ProgramHandlers.areInstalled ? unsafe hg_memfd("kernel-types") : -1
    kernelTypes = memory >= 0 ? FileDescriptor(rawValue: memory) : nil
    let path = "/proc/self/fd/\(memory)"
    let (object, messages) = unsafe LibbpfMessages.collect { () -> OpaquePointer? in
      unsafe name.withCString { name in
        unsafe path.withCString { path in
          var options = unsafe bpf_object_open_opts()
          unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
          unsafe options.object_name = unsafe name
          if memory >= 0 { unsafe options.btf_custom_path = unsafe path }
          return unsafe bytes.withUnsafeBytes {
            unsafe bpf_object__open_mem($0.baseAddress, $0.count, &options)
          }
        }
      }
    }
    guard let object = unsafe object else {
      throw BPFError(
        call: "bpf_object__open_mem", subject: name, errno: .current,
        messages: LibbpfMessages.divide(messages).rest)
    }
    unsafe self.object = object
  }

  deinit {
    unsafe bpf_object__close(object)
    try? kernelTypes?.close()
  }

  /// Chooses the programs to load; by default those whose section name does not begin with `?`.
  public mutating func enable(_ isEnabled: Bool, program: String) throws(BPFError) {
    let found = unsafe try find(program: program)
    try check("bpf_program__set_autoload", program) { unsafe bpf_program__set_autoload(found, isEnabled) }
  }

  /// Sets how many entries a map has; for a ring buffer its size in bytes, a power of two and of whole pages.
  public mutating func resize(map: String, entries: UInt32) throws(BPFError) {
    let found = unsafe try find(map: map)
    try check("bpf_map__set_max_entries", map) { unsafe bpf_map__set_max_entries(found, entries) }
  }

  /// Leaves a map out: programs that use it must be left out too.
  public mutating func omit(map: String) throws(BPFError) {
    let found = unsafe try find(map: map)
    try check("bpf_map__set_autocreate", map) { unsafe bpf_map__set_autocreate(found, false) }
  }

  /// Sets a constant (`const volatile` in the C source) by its name; its size must be the value's.
  public mutating func set<Value: BitwiseCopyable>(constant: String, to value: Value) throws(BPFError) {
    let section = unsafe try find(map: ".rodata")
    guard let btf = unsafe bpf_object__btf(object) else { throw missing("bpf_object__btf", name) }
    var size = 0
    guard let start = unsafe bpf_map__initial_value(section, &size),
      let place = unsafe ObjectTypes(btf).place(ofConstant: constant),
      place.size == MemoryLayout<Value>.size, place.offset + place.size <= size
    else { throw missing("bpf_map__initial_value", constant) }
    var bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: size))
    unsafe bytes.withUnsafeMutableBytes {
      unsafe $0.storeBytes(of: value, toByteOffset: place.offset, as: Value.self)
    }
    try check("bpf_map__set_initial_value", constant) {
      unsafe bytes.withUnsafeBytes { unsafe bpf_map__set_initial_value(section, $0.baseAddress, $0.count) }
    }
  }

  /// Creates the maps, relocates the programs to this kernel and has them verified (`bpf_object__load`).
  public consuming func load() throws(BPFError) -> LoadedObject {
    let object = unsafe self.object
    if let btf = unsafe bpf_object__btf(object) {
      for (name, value) in unsafe KernelCode.constants(of: ObjectTypes(btf)) {
        try set(constant: name, to: value)
      }
    }
    if let kernelTypes, let types = KernelTypes.running, let btf = unsafe bpf_object__btf(object) {
      let needed = types.reduced(to: unsafe ObjectTypes(btf).structureNames)
      do { _ = try kernelTypes.writeAll(needed) } catch {
        let errno = error as? Errno ?? .ioError
        throw BPFError(
          call: "write", subject: "kernel types", errno: errno,
          messages: errno == .fileTooLarge
            ? ["the limit of ulimit -f is lower than their size; raise it"] : [])
      }
    }
    try check("bpf_object__load", name) { unsafe bpf_object__load(object) }
    return LoadedObject(self)
  }

  /// For the owner of a loaded object only.
  var pointer: OpaquePointer { unsafe object }

  func find(program: String) throws(BPFError) -> OpaquePointer {
    guard let found = unsafe bpf_object__find_program_by_name(object, program) else {
      throw missing("bpf_object__find_program_by_name", program)
    }
    return unsafe found
  }

  private func find(map: String) throws(BPFError) -> OpaquePointer {
    guard let found = unsafe bpf_object__find_map_by_name(object, map) else {
      throw missing("bpf_object__find_map_by_name", map)
    }
    return unsafe found
  }

  private func missing(_ call: String, _ subject: String) -> BPFError {
    BPFError(call: call, subject: subject, errno: .noSuchFileOrDirectory)
  }
}

/// Calls a function of libbpf that returns 0 or a negative errno.
func check(_ call: String, _ subject: String, _ body: () -> Int32) throws(BPFError) {
  let (result, messages) = LibbpfMessages.collect(body)
  guard result < 0 else { return }
  let (log, rest) = LibbpfMessages.divide(messages)
  throw BPFError(
    call: call, subject: subject, errno: Errno(rawValue: -result), verifierLog: log, messages: rest)
}

extension Errno {
  /// The calling thread's errno.
  static var current: Errno { Errno(rawValue: errno) }
}
