// SPDX-License-Identifier: Apache-2.0
import CProbeEvents
import Inspection
import Testing

@testable import Probes

/// Records written by hand, as the kernel's side writes them.
struct DecoderTests {
  @Test func `an open that succeeded has the walk as its path`() throws {
    var call = hg_paths(number: 257, event: HG_CALL_OPEN, result: 5)
    call.is_resolved = 1
    call.a = 0o2000000
    let event = try decode(call, name: "link", walk: "/hosts/etc")
    #expect(
      event?.body
        == .open(
          Open(
            target: PathArgument(requested: "link", path: "/etc/hosts"),
            flags: OpenFlags(rawValue: 0o2000000),
            mode: 0, result: .descriptor(5))))
    #expect(event?.process == ProcessID(pid: 42, start: 1_000))
    #expect(event?.tid == 43)
    #expect(event?.comm == "cat")
  }

  @Test func `a call that failed has its name joined to where it started`() throws {
    let call = hg_paths(number: 257, event: HG_CALL_OPEN, result: -2)
    let event = try decode(call, name: "./a//b/../c/", walk: "/work/home")
    guard case .open(let open) = event?.body else { return #expect(Bool(false), "no open") }
    #expect(open.target.path == "/home/work/a/b/../c")
    #expect(open.result == .error(ErrorNumber(2)))
  }

  @Test func `a name that could not be read leads nowhere, and is not empty`() throws {
    var call = hg_paths(number: 4, event: HG_CALL_LOOKUP, result: -14)
    call.names.0.flags = UInt16(HG_TEXT_UNREADABLE.rawValue)
    let event = try decode(call, name: nil, walk: "/home")
    #expect(
      event?.body
        == .lookup(
          Lookup(
            call: "stat", target: PathArgument(requested: nil, path: nil, isUnreadable: true),
            error: ErrorNumber(14))))
  }

  @Test func `unlinkat removes a directory when it is told to`() throws {
    var call = hg_paths(number: 263, event: HG_CALL_UNLINK, result: 0)
    call.a = 0x200
    guard case .change(let change) = try decode(call, name: "/d", walk: nil)?.body else {
      return #expect(Bool(false), "no change")
    }
    #expect(change.kind == .rmdir)
    #expect(change.call == "unlinkat")
    #expect(change.target.path == "/d")
  }

  @Test func `lengths of the 32-bit convention are as wide as their call's`() throws {
    for (number, a, length) in [
      (UInt32(512 + 92), UInt64(0xffff_ffff), Int64(-1)), (512 + 193, 0x1_0000_0005, 0x1_0000_0005),
      (76, 0xffff_ffff, 0xffff_ffff),
    ] {
      var call = hg_paths(number: number, event: HG_CALL_TRUNCATE, result: -22)
      call.a = a
      guard case .change(let change) = try decode(call, name: "/f", walk: nil)?.body else {
        return #expect(Bool(false), "no change")
      }
      #expect(change.length == length)
    }
  }

  @Test(arguments: [
    ("", "/"), ("/etc", "/etc"), ("/hosts/etc", "/etc/hosts"), ("/c/b/a", "/a/b/c"),
  ])
  func `a walk is turned round`(walk: String, path: String) {
    #expect(RecordReader.reverse(Array(walk.utf8)) == Array(path.utf8))
  }

  @Test(arguments: [
    ("/w", "x", "/w/x"), ("/", "x", "/x"), ("/", "/x", "/x"), ("/w", ".", "/w"), ("/w", "", "/w"),
    ("/w", "../x", "/w/../x"), ("/", "/", "/"), ("/", "//a/./b//", "/a/b"), ("/w", "...", "/w/..."),
    ("/new-root", "/etc/x", "/new-root/etc/x"),
  ])
  func `joining leaves out what means nothing and keeps what only the kernel can resolve`(
    directory: String, name: String, path: String
  ) {
    #expect(Decoder.join(ByteString(directory), ByteString(name)) == ByteString(path))
  }

  @Test func `a relative name without a directory has no path, an absolute one needs none`() {
    #expect(Decoder.join(nil, "x") == nil)
    #expect(Decoder.join(nil, "/x/./y") == "/x/y")
  }

  @Test func `long arguments come ahead in a record of their own thread`() throws {
    var decoder = Decoder(pageSize: 4096)
    var arguments = hg_arguments()
    arguments.header = .test(HG_RECORD_ARGUMENTS)
    arguments.kept = 6
    let bytes = Array("a\0bcd\0".utf8)
    #expect(try decoder.decode(whole(arguments, bytes)) == nil)

    var exec = hg_exec()
    exec.header = .test(HG_RECORD_EXEC)
    exec.flags = HG_EXEC_ARGUMENTS_APART.rawValue
    exec.arguments_size = 6
    exec.arguments_kept = 6
    exec.interpreter.flags = UInt16(HG_TEXT_ABSENT.rawValue)
    exec.filename.size = 2
    guard case .exec(let event) = try decoder.decode(whole(exec, Array("./".utf8)))?.body else {
      return #expect(Bool(false), "no exec")
    }
    #expect(event.argv == ["a", "bcd"])
    #expect(event.filename == "./")
    #expect(!event.isArgvTruncated)
  }

  @Test func `arguments are split at their zeros, empty ones included`() {
    #expect(Decoder.split(Array("a\0\0b\0".utf8)) == ["a", "", "b"])
    #expect(Decoder.split([]) == [])
    #expect(Decoder.split(Array("cut".utf8)) == ["cut"])
  }

  /// The values are those of the kernel's cputime_adjust, by hand.
  @Test func `processor time is the exact run time in the ticks' proportion`() {
    #expect(Decoder.scale(user: 3, system: 1, to: 1000) == (750, 250))
    #expect(Decoder.scale(user: 0, system: 0, to: 1000) == (1000, 0))
    #expect(Decoder.scale(user: 0, system: 9, to: 1000) == (0, 1000))
    #expect(Decoder.scale(user: .max / 2, system: .max / 2, to: 1000) == (500, 500))
    #expect(Decoder.scale(user: .max, system: .max, to: 1000) == (1000, 0))
  }

  @Test func `records that are shorter than they say are refused, not read past their end`() throws {
    var decoder = Decoder(pageSize: 4096)
    var call = hg_paths(number: 257, event: HG_CALL_OPEN, result: 5)
    call.names.0.size = 4
    let record = try whole(call, Array("link".utf8))
    for count in 0..<record.count {
      let cut = Array(record[..<count])
      #expect(throws: DecodeError.self) { _ = try decoder.decode(cut) }
    }
    #expect(throws: DecodeError.unknown(type: 99)) {
      var header = hg_header.test(HG_RECORD_FORK)
      header.type = 99
      _ = try decoder.decode(whole(header, []))
    }
  }

  private func decode(_ call: hg_paths, name: String?, walk: String?) throws -> Event? {
    var call = call
    call.names.0.size = UInt16(name?.utf8.count ?? 0)
    call.walks.0.size = UInt16(walk?.utf8.count ?? 0)
    if walk == nil { call.walks.0.flags = UInt16(HG_TEXT_ABSENT.rawValue) }
    var decoder = Decoder(pageSize: 4096)
    return try decoder.decode(whole(call, Array((name ?? "").utf8) + Array((walk ?? "").utf8)))
  }

  /// A record with its tail, and its size in its header.
  private func whole<Record: BitwiseCopyable>(_ record: Record, _ tail: [UInt8]) throws -> [UInt8] {
    var bytes = unsafe withUnsafeBytes(of: record) { unsafe Array($0) } + tail
    unsafe withUnsafeBytes(of: UInt32(bytes.count)) { size in
      for index in 0..<4 { bytes[4 + index] = unsafe size[index] }
    }
    return bytes
  }
}

extension Decoder {
  fileprivate mutating func decode(_ record: [UInt8]) throws -> Event? {
    let span = record.span
    return try decode(unsafe span.bytes)
  }
}

extension hg_header {
  static func test(_ type: hg_record_type) -> hg_header {
    var header = hg_header()
    header.type = type.rawValue
    header.time = 2_000
    header.start = 1_000
    header.pid = 42
    header.tid = 43
    header.ppid = 1
    unsafe withUnsafeMutableBytes(of: &header.comm) { unsafe $0.copyBytes(from: Array("cat".utf8)) }
    return header
  }
}

extension hg_paths {
  init(number: UInt32, event: hg_call_event, result: Int64) {
    self.init()
    header = .test(HG_RECORD_PATHS)
    call = number
    self.event = UInt8(event.rawValue)
    self.result = result
    names.1.flags = UInt16(HG_TEXT_ABSENT.rawValue)
    walks.1.flags = UInt16(HG_TEXT_ABSENT.rawValue)
  }
}
