// SPDX-License-Identifier: Apache-2.0
import BPF
import CTestSupport
import Glibc
import SystemPackage
import Testing

@Suite(.enabled(if: Rights.hasKernel, "needs root and a kernel with BTF"), .serialized)
struct ObjectTests {
  static func blueprint() throws -> Blueprint { try Blueprint(EmbeddedObject.library.bytes, name: "library") }

  @Test func `a followed task's exit arrives in the ring with the constants that were set`() throws {
    var blueprint = try Self.blueprint()
    try blueprint.set(constant: "answer", to: UInt64(42))
    try blueprint.resize(map: "ring", entries: 65536)
    let object = try blueprint.load()
    let link = try object.attach("on_exit")
    let tasks = try object.map("tasks")
    var ring = try RingBuffer(try object.map("ring"))

    let child = WaitingChild()
    let pidfd = hg_test_pidfd_open(child.pid)
    try tasks.update(pidfd, UInt64(1000))
    close(pidfd)
    WaitingChild().finish()  // one that is not followed
    child.finish()

    var records: [[UInt64]] = []
    try ring.consume { record in
      records.append(
        (0..<record.byteCount / 8).map { unsafe record.unsafeLoad(fromByteOffset: 8 * $0, as: UInt64.self) })
    }
    #expect(records == [[1000, 42, 7]])
    #expect(try object.map("counts").sum(UInt32(0)) == 1)
    #expect(try object.misses(ofProgram: "on_exit") == 0)
    try link.close()
  }

  @Test func `a program array leads from one program to the next`() throws {
    let object = try Self.blueprint().load()
    let link = try object.attach("on_exit")
    try object.map("programs").update(
      UInt32(1), try object.descriptor(ofProgram: "after_exit").rawValue)
    var ring = try RingBuffer(try object.map("ring"))
    let child = WaitingChild()
    let (pid, pidfd) = (child.pid, hg_test_pidfd_open(child.pid))
    try object.map("tasks").update(pidfd, UInt64(5))
    close(pidfd)
    child.finish()
    var last: UInt64 = 0
    let count = try ring.consume { unsafe last = $0.unsafeLoad(as: UInt64.self) }
    #expect(count == 2)
    #expect(last == UInt64(pid))
    try link.close()
  }

  @Test func `programs that are loaded apart have the same maps and constants`() throws {
    var blueprint = try Self.blueprint()
    try blueprint.createMaps()
    try blueprint.set(constant: "answer", to: UInt64(43))
    let object = try blueprint.load(apart: [["after_exit"], ["on_exit"]])
    let link = try object.attach("on_exit")
    try object.map("programs").update(
      UInt32(1), try object.descriptor(ofProgram: "after_exit").rawValue)
    var ring = try RingBuffer(try object.map("ring"))
    let child = WaitingChild()
    let (pid, pidfd) = (child.pid, hg_test_pidfd_open(child.pid))
    try object.map("tasks").update(pidfd, UInt64(5))
    close(pidfd)
    child.finish()
    var records: [[UInt64]] = []
    try ring.consume { record in
      records.append(
        (0..<record.byteCount / 8).map { unsafe record.unsafeLoad(fromByteOffset: 8 * $0, as: UInt64.self) })
    }
    #expect(records == [[5, 43, 7], [UInt64(pid)]])
    try link.close()
  }

  @Test func `a part that is rejected is refused to who asks for its programs, and only there`() throws {
    var blueprint = try Self.blueprint()
    try blueprint.enable(true, program: "rejected")
    let object = try blueprint.load(apart: [["rejected"]])
    let error = #expect(throws: BPFError.self) { _ = try object.descriptor(ofProgram: "rejected") }
    #expect(error?.verifierLog?.tellingLine == "R1 invalid mem access 'scalar'")
    let (isThere, areOthersThere) = (object.hasLoaded("rejected"), object.hasLoaded("on_exit"))
    #expect(!isThere && areOthersThere)
    #expect(throws: BPFError.self) { try object.waitForPrograms() }
    try object.attach("on_exit").close()
  }

  @Test(arguments: ["hash", "lru", "array"])
  func `maps give back what was put in`(name: String) throws {
    let object = try Self.blueprint().load()
    let map = try object.map(name)
    try map.update(UInt32(1), UInt64(11))
    try map.update(UInt32(2), UInt64(22))
    #expect(try map.lookup(UInt32(2), as: UInt64.self) == 22)
    #expect(try map.lookup(UInt32(7), as: UInt64.self) == nil)
    let entries = try map.entries(key: UInt32.self, value: UInt64.self).filter { $0.value != 0 }
    #expect(Set(entries.map(\.key)) == [1, 2])
  }

  @Test func `a full hash refuses one more key, and says which call and map`() throws {
    let object = try Self.blueprint().load()
    let map = try object.map("hash")
    for key in UInt32(0)..<8 { try map.update(key, UInt64(0)) }
    let error = #expect(throws: BPFError.self) { try map.update(UInt32(8), UInt64(0)) }
    #expect(error?.call == "bpf_map_update_elem")
    #expect(error?.subject == "hash")
    #expect(error?.errno == .init(rawValue: E2BIG))
  }

  @Test func `a rejected program's error has the verifier's log and its telling line`() throws {
    let error = #expect(throws: BPFError.self) {
      var blueprint = try Self.blueprint()
      try blueprint.enable(true, program: "rejected")
      _ = try blueprint.load()
    }
    #expect(error?.call == "bpf_object__load")
    #expect(error?.verifierLog?.text.contains("processed") == true)
    #expect(error?.verifierLog?.tellingLine == "R1 invalid mem access 'scalar'")
    #expect(error?.description.contains("verifier says: R1 invalid mem access") == true)
  }

  @Test func `what is not in the object is an error that names it`() throws {
    var blueprint = try Self.blueprint()
    #expect(throws: BPFError.self) { try blueprint.resize(map: "nowhere", entries: 1) }
    #expect(throws: BPFError.self) { try blueprint.enable(true, program: "nothing") }
    // A constant of another size:
    #expect(throws: BPFError.self) { try blueprint.set(constant: "answer", to: UInt32(1)) }
    let error = #expect(throws: BPFError.self) { try blueprint.set(constant: "question", to: UInt64(1)) }
    #expect(error?.subject == "question")
  }

  @Test func `bytes that are no object are refused`() {
    #expect(throws: BPFError.self) { _ = try Blueprint([1, 2, 3], name: "nonsense") }
  }

  @Test func `nothing stays in the kernel when the owner is gone`() throws {
    let before = KernelObjects.now()
    var created: Set<String> = []
    do {
      let object = try Self.blueprint().load()
      let link = try object.attach("on_exit")
      created = KernelObjects.now().subtracting(before)
      #expect(created.count >= 7)  // two programs, five maps by those names
      _ = consume link
      _ = consume object
    }
    KernelObjects.expectSoonGone(created)
  }
}

@Suite(.enabled(if: Rights.hasKernel, "needs root and a kernel with BTF"))
struct KernelFeatureTests {
  @Test func `a kernel that runs these tests has what Honeyguide needs`() {
    for feature in [KernelFeature.ringBuffer, .taskStorage, .lruHash, .loop, .tracepoint("sys_exit")] {
      #expect(feature.answer == .yes, "\(feature)")
    }
  }

  @Test func `what no kernel has is answered with no`() {
    #expect(KernelFeature.map(9999).answer != .yes)  // libbpf cannot even try
    #expect(KernelFeature.helper(99999).answer == .no)
    #expect(KernelFeature.tracepoint("of_no_kernel").answer == .no)
  }
}

struct VerifierLogTests {
  @Test func `the telling line is the last that is neither code, state nor statistics`() {
    let log = VerifierLog(
      """
      0: R1=ctx(off=0,imm=0) R10=fp0
      ; return *(int *)1234; @ x.c:3
      0: (b7) r1 = 1234
      R1 invalid mem access 'scalar'
      processed 2 insns (limit 1000000)
      """)
    #expect(log.tellingLine == "R1 invalid mem access 'scalar'")
    #expect(VerifierLog("").tellingLine == nil)
  }
}
