// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What crosses the ring about sockets.
#pragma once
#include "events.h"

// The address of one end, as the socket itself knows it.
struct hg_endpoint {
  hg_u8 address[16];  // network order; the first four bytes for AF_INET
  hg_u32 scope;       // the interface that the socket is bound to, or 0
  hg_u16 port;        // host order
  hg_u16 unused;
};

enum hg_socket_flag {
  HG_SOCKET_LOCAL = 1,        // `local` is known
  HG_SOCKET_REMOTE = 2,       // `remote` is known
  HG_SOCKET_PENDING = 4,      // a connect without an outcome: closed, or the run ended, before there was one
  HG_SOCKET_TIMED = 8,        // `started` is known
  HG_SOCKET_RESOLVED = 16,    // the walk is the path itself, not the directory that the name starts at
  HG_SOCKET_ACCEPTED = 32,    // of a close: the connection came in
  HG_SOCKET_OPEN = 64,        // of a close: the run ended first
};

// One thing done with a socket. Tail: an address as the system call interface lays it out (struct sockaddr), with its
// walk where it is a path. It is the peer's of connect and send, one's own of bind, listen and accept, and absent where
// `local` and `remote` tell all.
struct hg_socket {
  struct hg_header header;
  hg_u64 started;   // nanoseconds since boot: when connect was called; of a close when the connection began
  hg_u64 sent;      // of a close: bytes that the peer has acknowledged
  hg_u64 received;  // of a close: bytes that came
  hg_s32 error;     // 0, or a positive errno
  hg_u32 call;      // the system call's row
  hg_s32 number;    // accept's descriptor, listen's backlog
  hg_u16 flags;     // enum hg_socket_flag
  hg_u8 event;      // enum hg_call_event
  hg_u8 type;       // SOCK_*
  hg_u16 family;    // AF_*, of the socket
  hg_u16 protocol;  // the kernel's sk_protocol
  struct hg_text address;
  struct hg_walk walk;
  struct hg_endpoint local;
  struct hg_endpoint remote;
};

// What a TCP connection is remembered by, from SYN_SENT or accept until its socket is gone.
struct hg_connection {
  struct hg_socket record;  // as it was or will be told
  hg_u32 state;             // enum hg_connection_state
  hg_s32 error;             // what was told of connect
};

enum hg_connection_state {
  HG_CONNECTION_ASYNC = 1,       // connect has returned, the outcome comes by itself
  HG_CONNECTION_UNRESOLVED = 2,  // closed without an error: connect's own result will tell
  HG_CONNECTION_TOLD = 4,        // how connect or accept ended is told
  HG_CONNECTION_DELIVERED = 8,   // and connect has given the program the same outcome
  HG_CONNECTION_OPEN = 16,       // the connection is there, and its end is to be told
  HG_CONNECTION_COUNTED = 32,    // the run is over, and the record is what is to be told of it
};

_Static_assert(sizeof(struct hg_socket) == 168, "hg_socket");
