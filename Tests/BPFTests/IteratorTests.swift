// SPDX-License-Identifier: Apache-2.0
import BPF
import Glibc
import Testing

@Suite(.enabled(if: Rights.hasKernel, "needs root and a kernel with BTF"), .serialized)
struct IteratorTests {
  private static func object(_ program: String, answer: UInt64) throws -> LoadedObject {
    var blueprint = try ObjectTests.blueprint()
    try blueprint.enable(true, program: program)
    try blueprint.set(constant: "answer", to: answer)
    return try blueprint.load()
  }

  /// Records of two words each.
  private static func pids(_ iterator: borrowing Iterator) throws -> [Int32] {
    var pids: [Int32] = []
    try iterator.forEachChunk { chunk in
      #expect(chunk.byteCount % 16 == 0)
      for offset in stride(from: 0, to: chunk.byteCount, by: 16) {
        pids.append(Int32(unsafe chunk.unsafeLoad(fromByteOffset: offset, as: UInt64.self)))
        #expect(unsafe chunk.unsafeLoad(fromByteOffset: offset + 8, as: UInt64.self) == 77)
      }
    }
    return pids
  }

  @Test func `an iterator meets each process that is there once, in each pass`() throws {
    let object = try Self.object("each_process", answer: 77)
    let iterator = try object.iterator("each_process")
    let child = WaitingChild()
    let pid = child.pid
    for _ in 0..<2 {
      let met = try Self.pids(iterator)
      #expect(Set(met).count == met.count)
      #expect(Set([pid, getpid(), getppid()]).isSubset(of: met))
    }
    child.finish()
    #expect(try !Self.pids(iterator).contains(pid))
  }

  @Test func `what does not fit into one read comes with the next, whole`() throws {
    let object = try Self.object("each_padded", answer: 0)
    let iterator = try object.iterator("each_padded")
    var chunks: [Int] = [], sum = 0
    try iterator.forEachChunk { chunk in
      chunks.append(chunk.byteCount)
      sum += chunk.byteCount
      #expect(chunk.byteCount % 8192 == 0)
    }
    // Threads of the kernel alone are more than fill one buffer.
    #expect(chunks.count > 1 && sum > 65_536)
  }

  @Test func `a program that may sleep reads a process's memory`() throws {
    let word: UInt64 = 0x1122_3344_5566_7788
    let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    defer { unsafe memory.deallocate() }
    unsafe memory.pointee = word
    let object = try Self.object("each_sleeping", answer: UInt64(getpid()))
    try object.map("array").update(UInt32(0), UInt64(UInt(bitPattern: memory)))
    let iterator = try object.iterator("each_sleeping")
    var read: [UInt64] = []
    try iterator.forEachChunk { unsafe read.append($0.unsafeLoad(as: UInt64.self)) }
    #expect(read == [word])
    #expect(KernelFeature.readsOtherMemory.answer == .yes)
    #expect(KernelFeature.sleepingHelper(99999).answer == .no)
  }

  @Test func `what is no iterator cannot be iterated`() throws {
    let object = try ObjectTests.blueprint().load()
    #expect(throws: BPFError.self) { _ = try object.iterator("on_exit") }
    #expect(throws: BPFError.self) { _ = try object.iterator("nothing") }
    #expect(object.hasLoaded("on_exit") && !object.hasLoaded("each_process") && !object.hasLoaded("nothing"))
  }
}
