// SPDX-License-Identifier: Apache-2.0
import BPF
import CTestSupport
import Glibc
import SystemPackage
import Testing

@Suite(.enabled(if: Rights.hasKernel, "needs root and a kernel with BTF"), .serialized)
struct UprobeTests {
  static let mechanisms: [UprobeMechanism] =
    KernelFeature.uprobeMulti.answer == .yes ? [.multi, .perfEvents] : [.perfEvents]
  static let file = "/proc/self/exe"

  /// Who called (pid), with which cookie, and what.
  struct Call: Hashable { var pid, cookie, number: UInt64 }

  static func object(_ program: String, _ mechanism: UprobeMechanism) throws -> LoadedObject {
    var blueprint = try ObjectTests.blueprint()
    for program in ["on_exit", "after_exit"] { try blueprint.enable(false, program: program) }
    try blueprint.enable(true, program: program)
    try blueprint.prepare(uprobe: program, as: mechanism)
    return try blueprint.load()
  }

  static func calls(of object: borrowing LoadedObject) throws -> [Call] {
    var ring = try RingBuffer(try object.map("ring")), calls: [Call] = []
    try ring.consume { record in
      func word(_ index: Int) -> UInt64 {
        unsafe record.unsafeLoad(fromByteOffset: 8 * index, as: UInt64.self)
      }
      calls.append(Call(pid: word(0) >> 32, cookie: word(1), number: word(2) & 0xffff_ffff))
    }
    return calls
  }

  /// Where in this program's file an address of it lies, by /proc/self/maps.
  static func offset(of address: UInt) throws -> UInt64 {
    guard let stream = unsafe fopen("/proc/self/maps", "r") else { throw Errno.noSuchFileOrDirectory }
    defer { unsafe _ = fclose(stream) }
    var line = [CChar](repeating: 0, count: 4096)
    while unsafe fgets(&line, Int32(line.count), stream) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let fields = text.split(separator: " "), ends = fields[0].split(separator: "-")
      let start = try #require(UInt(ends[0], radix: 16)), end = try #require(UInt(ends[1], radix: 16))
      if start <= address, address < end {
        return UInt64(address - start) + (try #require(UInt64(fields[2], radix: 16)))
      }
    }
    throw Errno.badAddress
  }

  static func site(cookie: UInt64 = 0) throws -> UprobeSite {
    let function: @convention(c) (Int32) -> Int32 = hg_test_called
    return UprobeSite(offset: try offset(of: unsafe unsafeBitCast(function, to: UInt.self)), cookie: cookie)
  }
  static func siteBeside(cookie: UInt64) throws -> UprobeSite {
    let function: @convention(c) (Int32) -> Int32 = hg_test_called_beside
    return UprobeSite(offset: try offset(of: unsafe unsafeBitCast(function, to: UInt.self)), cookie: cookie)
  }
  private static let own = UInt64(getpid())

  @Test(arguments: mechanisms)
  func `calls of two functions arrive with their cookies and arguments, from every process`(
    _ mechanism: UprobeMechanism
  ) throws {
    let object = try Self.object("came_by", mechanism)
    let uprobes = try object.attach(
      "came_by", to: [try Self.site(cookie: 7), try Self.siteBeside(cookie: 8)], of: Self.file)
    #expect(uprobes.descriptors.count == (mechanism == .multi ? 1 : 2))
    _ = hg_test_called(11)
    _ = hg_test_called_beside(12)
    let child = hg_test_called_in_child(13)
    #expect(child > 0)
    #expect(
      try Self.calls(of: object) == [
        Call(pid: Self.own, cookie: 7, number: 11), Call(pid: Self.own, cookie: 8, number: 12),
        Call(pid: UInt64(child), cookie: 7, number: 13),
      ])
    _ = consume uprobes
    _ = hg_test_called(14)
    #expect(try Self.calls(of: object) == [])
  }

  @Test(arguments: mechanisms)
  func `what a function gave back arrives as it returns`(_ mechanism: UprobeMechanism) throws {
    let object = try Self.object("came_back", mechanism)
    let uprobes = try object.attach(
      "came_back", to: [try Self.site(cookie: 9)], of: Self.file, at: .return)
    _ = hg_test_called(20)
    #expect(try Self.calls(of: object) == [Call(pid: Self.own, cookie: 9, number: 21)])
    _ = consume uprobes
  }

  @Test(arguments: mechanisms)
  func `of one process all threads are meant, and no other process`(_ mechanism: UprobeMechanism) throws {
    let object = try Self.object("came_by", mechanism)
    let uprobes = try object.attach("came_by", to: [try Self.site()], of: Self.file, process: getpid())
    #expect(hg_test_called_in_child(31) > 0)
    _ = hg_test_called(32)
    hg_test_called_in_thread(33)
    #expect(try Self.calls(of: object).map(\.number) == [32, 33])
    #expect(try Self.calls(of: object).isEmpty)
    _ = consume uprobes
  }

  @Test(arguments: mechanisms)
  func `a semaphore is up while the program is attached`(_ mechanism: UprobeMechanism) throws {
    let object = try Self.object("came_by", mechanism)
    var site = try Self.site()
    site.semaphore = try Self.offset(of: UInt(hg_test_semaphore_address()))
    #expect(hg_test_semaphore_value() == 0)
    let uprobes = try object.attach("came_by", to: [site], of: Self.file)
    #expect(hg_test_semaphore_value() == 1)
    _ = consume uprobes
    for _ in 0..<100 where hg_test_semaphore_value() != 0 { usleep(20_000) }
    #expect(hg_test_semaphore_value() == 0)
  }

  @Test(arguments: mechanisms)
  func `a duplicate of the descriptors keeps the program attached`(_ mechanism: UprobeMechanism) throws {
    let object = try Self.object("came_by", mechanism)
    let uprobes = try object.attach("came_by", to: [try Self.site()], of: Self.file)
    let held = try uprobes.descriptors.map { try $0.duplicate() }
    _ = consume uprobes
    _ = hg_test_called(41)
    #expect(try Self.calls(of: object).map(\.number) == [41])
    for descriptor in held { try descriptor.close() }
    _ = hg_test_called(42)
    #expect(try Self.calls(of: object).isEmpty)
  }

  @Test(arguments: mechanisms)
  func `an error names the call, the program and the file`(_ mechanism: UprobeMechanism) throws {
    let object = try Self.object("came_by", mechanism)
    let error = #expect(throws: BPFError.self) {
      _ = try object.attach("came_by", to: [UprobeSite(offset: 0)], of: "/nowhere/at/all")
    }
    #expect(error?.errno == .noSuchFileOrDirectory)
    #expect(
      error?.call == (mechanism == .multi ? "bpf(BPF_LINK_CREATE)" : "bpf_program__attach_uprobe_opts"))
    #expect(error?.subject.contains("came_by") == true && error?.subject.contains("/nowhere") == true)
    // Of an offset the perf event gives no account.
    #expect(throws: BPFError.self) {
      _ = try object.attach("came_by", to: [UprobeSite(offset: 1 << 60)], of: Self.file)
    }
    #expect(throws: BPFError.self) { _ = try object.attach("nothing", to: [try Self.site()], of: Self.file) }
  }

  @Test func `links of a process that is killed are gone with it`() throws {
    let object = try Self.object("came_by", Self.mechanisms[0])
    let site = try Self.site()
    let link = try object.attach("came_by", to: [site], of: Self.file)
    // The child's copies are the only ones once ours are closed.
    let holder = hg_test_waiting_child()
    _ = consume link
    _ = hg_test_called(51)
    #expect(try Self.calls(of: object).map(\.number) == [51])
    kill(holder, SIGKILL)
    waitpid(holder, nil, 0)
    for _ in 0..<100 {
      _ = hg_test_called(52)
      if try Self.calls(of: object).isEmpty { break }
      usleep(20_000)
    }
    _ = hg_test_called(53)
    #expect(try Self.calls(of: object).isEmpty)
  }

  @Test func `the kernel's answer is the one that its version lets expect`() {
    var name = utsname()
    unsafe uname(&name)
    let release = unsafe withUnsafeBytes(of: &name.release) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    // Between the two, what was mended later may or may not have been brought back.
    if numbers[0] * 100 + numbers[1] >= 610 { #expect(KernelFeature.uprobeMulti.answer == .yes) }
    if numbers[0] * 100 + numbers[1] < 606 { #expect(KernelFeature.uprobeMulti.answer == .no) }
  }
}
