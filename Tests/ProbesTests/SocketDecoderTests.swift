// SPDX-License-Identifier: Apache-2.0
import CProbeEvents
import Inspection
import Testing

@testable import Probes

/// Records and addresses written by hand, as the kernel's side and the system call interface lay them out.
struct SocketDecoderTests {
  private func decode(_ bytes: [UInt8], directory: ByteString = "/home") -> SocketAddress? {
    SocketAddressBytes.decode(bytes) { name in
      PathArgument(requested: name, path: Decoder.join(directory, name))
    }
  }

  @Test func `a v4-mapped peer is an IPv4 peer`() throws {
    var record = hg_socket()
    record.event = UInt8(HG_CALL_CONNECT.rawValue)
    record.header.time = 3_000
    record.started = 1_000
    record.family = 10
    record.type = 1
    record.protocol = 6
    record.flags = UInt16(HG_SOCKET_REMOTE.rawValue | HG_SOCKET_TIMED.rawValue)
    record.remote.port = 443
    record.remote.address = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1)
    record.error = 111
    #expect(
      Decoder.socket(record)
        == .connect(
          Connect(
            transport: .tcp, local: nil, remote: .internet([127, 0, 0, 1], port: 443),
            error: ErrorNumber(111), isPending: false, latency: 2_000)))
  }

  @Test func `only a link-local address has a scope`() {
    let linkLocal: [UInt8] = [0xfe, 0x80] + .init(repeating: 0, count: 13) + [1]
    let global: [UInt8] = [0x20, 0x01] + .init(repeating: 0, count: 13) + [1]
    for (address, scope) in [(linkLocal, UInt32(3)), (global, 0)] {
      let bytes = [10, 0, 0x1f, 0x90, 0, 0, 0, 0] + address + [3, 0, 0, 0]
      #expect(decode(bytes) == .internet(address, port: 8080, scope: scope))
      // RFC 2133's shorter one has none.
      #expect(decode(Array(bytes[..<24])) == .internet(address, port: 8080))
    }
  }

  @Test func `a Unix path ends at its first zero, an abstract name nowhere`() {
    let path = Array("run/x\0rest".utf8)
    #expect(decode([1, 0] + path) == .path(PathArgument(requested: "run/x", path: "/home/run/x")))
    #expect(decode([1, 0, 0] + Array("a\0b\0".utf8)) == .abstract(ByteString(Array("a\0b\0".utf8))))
    #expect(decode([1, 0, 0]) == .abstract(""))
    #expect(decode([1, 0]) == .unnamed)
  }

  @Test func `netlink, vsock and packet addresses are read by linux' layouts`() {
    #expect(decode([16, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0]) == .netlink(port: 7, groups: 1))
    #expect(
      decode([40, 0, 0, 0, 0x63, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]) == .vsock(cid: 3, port: 99))
    #expect(decode([17, 0, 0x88, 0xb5, 2, 0, 0, 0]) == .packet(interface: 2, ethertype: 0x88b5))
  }

  @Test func `what is too short or of no known family is kept as bytes, and less than a family is nothing`() {
    #expect(decode([2, 0, 1]) == .other(ByteString([2, 0, 1])))
    #expect(decode([38, 0, 1, 2]) == .other(ByteString([38, 0, 1, 2])))
    #expect(decode([2]) == nil)
    #expect(decode([]) == nil)
  }
}
