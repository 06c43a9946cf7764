// SPDX-License-Identifier: Apache-2.0

/// An internet address and port. A v4-mapped IPv6 address is an IPv4 address here.
public struct InternetAddress: Hashable, Sendable {
  /// 4 bytes or 16, in network order.
  public var address: [UInt8]
  public var port: UInt16
  /// The interface that a link-local IPv6 address belongs to, by its number; 0 where there is none.
  public var scope: UInt32

  public init(address: [UInt8], port: UInt16, scope: UInt32 = 0) {
    self.address = address
    self.port = port
    self.scope = scope
  }
  public var isIPv6: Bool { address.count == 16 }
}

/// One end of a socket, as its family names it.
public enum SocketAddress: Hashable, Sendable {
  case internet(InternetAddress)
  /// A Unix socket in the file system.
  case path(PathArgument)
  /// A Unix socket of the abstract namespace: its name without the zero that begins it. Any bytes, zeros too.
  case abstract(ByteString)
  /// An address that has a family and no more: a Unix socket's that is bound to no name.
  case unnamed
  case netlink(port: UInt32, groups: UInt32)
  case vsock(cid: UInt32, port: UInt32)
  /// The number of an interface (0: any), and a protocol as linux/if_ether.h numbers them.
  case packet(interface: Int32, ethertype: UInt16)
  /// What is not decoded: the bytes that the program gave, the family among them.
  case other(ByteString)

  public static func internet(_ address: [UInt8], port: UInt16, scope: UInt32 = 0) -> SocketAddress {
    .internet(InternetAddress(address: address, port: port, scope: scope))
  }
}

/// What a socket speaks.
public enum Transport: Hashable, Sendable {
  case tcp, udp, mptcp, sctp, udplite, dccp
  /// ICMP echo without privileges (a datagram socket of IPPROTO_ICMP or IPPROTO_ICMPV6).
  case ping
  /// An internet socket of type SOCK_RAW.
  case raw
  case unix(SocketType)
  /// By the number of linux/netlink.h.
  case netlink(UInt16)
  case vsock(SocketType)
  case packet
  /// A family of sys/socket.h that is not listed here.
  case other(family: UInt16)

  public enum SocketType: String, Hashable, Sendable { case stream, dgram, seqpacket, raw, other }

  /// The word in `protocol`.
  public var name: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .mptcp: "mptcp"
    case .sctp: "sctp"
    case .udplite: "udplite"
    case .dccp: "dccp"
    case .ping: "ping"
    case .raw: "raw"
    case .unix: "unix"
    case .netlink: "netlink"
    case .vsock: "vsock"
    case .packet: "packet"
    case .other(let family): Self.families[family] ?? "family-\(family)"
    }
  }

  /// Whether one of its sockets is bound to receive, without a listen.
  public var isDatagram: Bool {
    switch self {
    case .udp, .udplite, .ping, .raw, .packet, .unix(.dgram), .vsock(.dgram): true
    default: false
    }
  }

  /// The protocol of a netlink socket, as linux/netlink.h names it, in small letters.
  public static func netlinkName(_ number: UInt16) -> String { netlinks[number] ?? "\(number)" }

  /// linux/netlink.h
  private static let netlinks: [UInt16: String] = [
    0: "route", 2: "usersock", 4: "sock_diag", 5: "nflog", 6: "xfrm", 7: "selinux", 8: "iscsi", 9: "audit",
    10: "fib_lookup", 11: "connector", 12: "netfilter", 13: "ip6_fw", 14: "dnrtmsg", 15: "kobject_uevent",
    16: "generic", 18: "scsitransport", 19: "ecryptfs", 20: "rdma", 21: "crypto", 22: "smc",
  ]

  /// linux/socket.h
  private static let families: [UInt16: String] = [
    3: "ax25", 4: "ipx", 5: "appletalk", 6: "netrom", 9: "x25", 11: "rose", 15: "key", 21: "rds",
    24: "pppox", 26: "llc", 27: "infiniband", 28: "mpls", 29: "can", 30: "tipc", 31: "bluetooth",
    32: "iucv", 33: "rxrpc", 35: "phonet", 36: "ieee802154", 37: "caif", 38: "alg", 39: "nfc", 41: "kcm",
    42: "qipcrtr", 43: "smc", 44: "xdp", 45: "mctp",
  ]
}
