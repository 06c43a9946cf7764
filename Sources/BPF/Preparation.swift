// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import SystemPackage

/// What an object needs of the running kernel before programs of it can be loaded: its instructions completed, and the
/// kernel's types that they name. A thread of its own finds it out, some milliseconds, while the maps are created.
final class Preparation: @unchecked Sendable {
  struct Result {
    var bytes: [UInt8]
    /// Values of constants that tell the programs what this kernel has.
    var constants: [String: [UInt8]] = [:]
    /// What libbpf takes for the kernel's types; nil where it is to read them itself.
    var types: KernelTypesFile?
  }

  private var thread: Thread?
  // Set by the thread before it ends.
  private var prepared: Result
  private var error: BPFError?

  /// Takes `otherwise` where `bytes` need what this kernel has not.
  init(_ bytes: [UInt8], otherwise: (@Sendable () -> [UInt8])?, name: String) {
    prepared = Result(bytes: bytes)
    thread = Thread.orHere { [self] in
      do throws(BPFError) {
        if try !prepare(name), let otherwise {
          prepared.bytes = otherwise()
          _ = try prepare(name)
        }
      } catch { self.error = error }
    }
  }

  /// Waits for it.
  func result() throws(BPFError) -> Result {
    thread?.join()
    if let error { throw error }
    return prepared
  }

  /// Gives whether this kernel has all that the object needs.
  private func prepare(_ name: String) throws(BPFError) -> Bool {
    let object = unsafe try Blueprint.open(prepared.bytes, name: name, types: nil)
    defer { unsafe bpf_object__close(object) }
    guard let btf = unsafe bpf_object__btf(object) else { return true }
    let types = unsafe ObjectTypes(btf)
    guard let constants = KernelCode.constants(types.constants.keys) else { return false }
    prepared.constants = constants.mapValues { value in
      unsafe withUnsafeBytes(of: value) { unsafe Array($0) }
    }
    KernelCode.complete(&prepared.bytes)
    prepared.types = try KernelTypes.running.map { kernel throws(BPFError) in
      try KernelTypesFile(kernel.reduced(to: types.structureNames))
    }
    return true
  }
}

/// Types as a file in memory, which libbpf can be told to read.
final class KernelTypesFile: Sendable {
  private let descriptor: FileDescriptor

  /// A file without any type: for an object of which no program is loaded.
  static let empty = try? KernelTypesFile(KernelTypes.none)

  init(_ bytes: [UInt8]) throws(BPFError) {
    let number = unsafe hg_memfd("kernel-types")
    guard number >= 0 else { throw BPFError(call: "memfd_create", subject: "kernel types", errno: .current) }
    descriptor = FileDescriptor(rawValue: number)
    do { _ = try descriptor.writeAll(bytes) } catch {
      try? descriptor.close()
      let errno = error as? Errno ?? .ioError
      throw BPFError(
        call: "write", subject: "kernel types", errno: errno,
        messages: errno == .fileTooLarge
          ? ["the limit of ulimit -f is lower than their size; raise it"] : [])
    }
  }

  deinit { try? descriptor.close() }

  var path: String { "/proc/self/fd/\(descriptor.rawValue)" }
}
