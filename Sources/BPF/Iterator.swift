// SPDX-License-Identifier: Apache-2.0
internal import CLibBPF
internal import Glibc
internal import SystemPackage

/// An attached iterator program (`iter/task`, `iter/task_file`, …): whoever reads it has the program called once for
/// each object of that kind that the kernel has, and gets the bytes that the program writes with `bpf_seq_write`.
///
/// Beneath: a `struct bpf_link` (Linux 5.8, commit ae24345da54e); sleepable programs (`iter.s/…`) since Linux 5.18.
@safe public struct Iterator: ~Copyable {
  private let link: OpaquePointer
  private let name: String

  init(_ link: OpaquePointer, name: String) {
    unsafe self.link = link
    self.name = name
  }

  deinit { unsafe _ = bpf_link__destroy(link) }

  /// One pass over all objects (`bpf_iter_create`, read(2)). Does not end early.
  ///
  /// A pass is no picture of one moment: what comes and goes meanwhile may be met or not. Where the buffer (32 KiB) is
  /// full, the program is called again for the object that found no room, so it must bear that.
  ///
  /// - Parameter body: called with what was written, in order; each call holds whole `bpf_seq_write`s.
  /// - Throws: E2BIG where the program writes more for one object than the buffer holds.
  public func forEachChunk(_ body: (RawSpan) -> Void) throws(BPFError) {
    let number = unsafe bpf_iter_create(bpf_link__fd(link))
    guard number >= 0 else { throw BPFError(call: "bpf_iter_create", subject: name, errno: .current) }
    let descriptor = FileDescriptor(rawValue: number)
    defer { try? descriptor.close() }
    // As large as the kernel's own: a read never ends in the middle of what was written at once.
    var buffer = [UInt8](repeating: 0, count: 8 * 4096)
    while true {
      let count = unsafe read(number, &buffer, buffer.count)
      if count == 0 { return }
      if count < 0 {
        // The kernel gives up for a moment (EAGAIN) after very many objects that wrote nothing.
        if errno == EINTR || errno == EAGAIN { continue }
        throw BPFError(call: "read", subject: name, errno: .current)
      }
      unsafe buffer.withUnsafeBytes { body(unsafe UnsafeRawBufferPointer(rebasing: $0[..<count]).bytes) }
    }
  }

  /// One pass with a program that writes nothing.
  public func run() throws(BPFError) { try forEachChunk { _ in } }
}

extension LoadedObject {
  /// Attaches an iterator program to all objects of its kind (`bpf_program__attach_iter`).
  public func iterator(_ program: String) throws(BPFError) -> Iterator {
    let found = unsafe try find(program: program)
    let (link, messages) = unsafe LibbpfMessages.collect { unsafe bpf_program__attach_iter(found, nil) }
    guard let link = unsafe link else {
      throw BPFError(
        call: "bpf_program__attach_iter", subject: program, errno: .current,
        messages: LibbpfMessages.divide(messages).rest)
    }
    return unsafe Iterator(link, name: program)
  }
}
