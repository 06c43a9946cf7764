// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What a socket is, and the two ends that it knows of.
#pragma once
#include "calls.h"
#include "walk.h"

// Where there are no loads: the socket's head in one read instead of ten.
struct sock_head { __u8 bytes[160]; };

// A member of struct sock_common in that copy. What an odd kernel has further back reads as the copy's beginning, which
// keeps the verifier content; where that could be is asked once, by `head_is_whole`.
#define HEAD(head, type, member)                                                                          \
  (*(type *)((head)->bytes +                                                                              \
             (bpf_core_field_offset(struct sock, __sk_common.member) <= sizeof(struct sock_head) - 16       \
                  ? bpf_core_field_offset(struct sock, __sk_common.member)                                  \
                  : 0)))

// Both ends of a socket, as it keeps them.
struct ends {
  __u16 family, local_port, remote_port;
  __u32 scope;
  __u8 local[16], remote[16];
};

static __always_inline void copy_address(__u8 *to, const struct sock_head *head, __u64 offset) {
  if (offset <= sizeof *head - 16) __builtin_memcpy(to, head->bytes + offset, 16);
}

// Through a pointer that may be read by loads.
static __always_inline void load_ends(struct ends *ends, const struct sock *socket) {
  ends->family = socket->__sk_common.skc_family;
  ends->scope = socket->__sk_common.skc_bound_dev_if;
  ends->local_port = socket->__sk_common.skc_num;
  ends->remote_port = __builtin_bswap16(socket->__sk_common.skc_dport);
  if (ends->family == AF_INET) {
    *(__be32 *)ends->local = socket->__sk_common.skc_rcv_saddr;
    *(__be32 *)ends->remote = socket->__sk_common.skc_daddr;
  } else if (ends->family == AF_INET6) {
    FIELD(ends->local, socket, __sk_common.skc_v6_rcv_saddr);
    FIELD(ends->remote, socket, __sk_common.skc_v6_daddr);
  }
}

// Through any other.
static __always_inline void read_ends(struct ends *ends, const struct sock *socket) {
  struct sock_head head;
  if (has_cast) return load_ends(ends, CAST(socket));
  READ(head, socket);
  ends->family = HEAD(&head, __u16, skc_family);
  ends->scope = HEAD(&head, __u32, skc_bound_dev_if);
  ends->local_port = HEAD(&head, __u16, skc_num);
  ends->remote_port = __builtin_bswap16(HEAD(&head, __be16, skc_dport));
  if (ends->family == AF_INET) {
    *(__be32 *)ends->local = HEAD(&head, __be32, skc_rcv_saddr);
    *(__be32 *)ends->remote = HEAD(&head, __be32, skc_daddr);
  } else if (ends->family == AF_INET6) {
    copy_address(ends->local, &head, bpf_core_field_offset(struct sock, __sk_common.skc_v6_rcv_saddr));
    copy_address(ends->remote, &head, bpf_core_field_offset(struct sock, __sk_common.skc_v6_daddr));
  }
}

// Of a connection that is closed the ends stay as they were.
static __always_inline void put_ends(struct hg_socket *record, const struct ends *ends) {
  record->family = ends->family;
  if (ends->family != AF_INET && ends->family != AF_INET6) return;
  // At SYN_SENT the port may still have to be chosen; at the end it is given back.
  if (ends->local_port) {
    __builtin_memcpy(record->local.address, ends->local, 16);
    record->local.port = ends->local_port;
    record->local.scope = ends->scope;
    record->flags |= HG_SOCKET_LOCAL;
  }
  if (ends->remote_port) {
    __builtin_memcpy(record->remote.address, ends->remote, 16);
    record->remote.port = ends->remote_port;
    record->remote.scope = ends->scope;
    record->flags |= HG_SOCKET_REMOTE;
  }
}

// Fills in family and both ends, through a pointer that the verifier trusts.
static __always_inline void load_endpoints(struct hg_socket *record, const struct sock *socket) {
  struct ends ends = {};
  load_ends(&ends, socket);
  put_ends(record, &ends);
}

// The same through an address. Not static: so the verifier looks at it once.
__noinline int read_endpoints(struct hg_socket *record, __u64 socket) {
  struct ends ends = {};
  if (!record) return 0;
  read_ends(&ends, (const struct sock *)socket);
  put_ends(record, &ends);
  return 0;
}

// The socket behind an open file, or 0. Only a socket's own structure points back at the file.
static __always_inline unsigned long socket_behind(struct scratch *s, unsigned long file) {
  const struct socket *socket = NULL;
  struct {
    unsigned long file, sock;
  } pair = {};
  if (!s || !file) return 0;
  LOAD(socket, (struct file *)file, private_data);
  if (has_cast) {
    pair.file = as_number(s, CAST(socket)->file);
    pair.sock = as_number(s, CAST(socket)->sk);
  } else if (bpf_core_field_offset(socket->sk) == bpf_core_field_offset(socket->file) + 8) {
    READ(pair, (void *)socket + bpf_core_field_offset(socket->file));
  } else {
    FIELD(pair.file, socket, file);
    FIELD(pair.sock, socket, sk);
  }
  return pair.file == file ? pair.sock : 0;
}

// Whether a descriptor of the current task is a datagram socket. Without a call, for where it is asked often.
static __always_inline bool is_datagram(struct scratch *s, int number) {
  __u16 type = 0;
  unsigned long socket = socket_behind(s, as_number(s, descriptor(bpf_get_current_task_btf(), number)));
  if (socket) LOAD(type, (const struct sock *)socket, sk_type);
  return type == SOCK_DGRAM;
}

// The functions from here on are not static: so the verifier looks at each once, and not again on every way that leads
// to it. Hence the plain numbers for sockets.

__noinline unsigned long socket_of(struct scratch *s, unsigned long file) { return socket_behind(s, file); }

// The open file behind a descriptor of the current task, or 0.
__noinline unsigned long file_of(struct scratch *s, int number) {
  return s ? as_number(s, descriptor(bpf_get_current_task_btf(), number)) : 0;
}

static __always_inline bool is_tcp(const struct hg_socket *record) {
  return record->type == SOCK_STREAM && record->protocol == IPPROTO_TCP;
}

// What every record about a socket begins with; its ends are not in it yet.
static __always_inline void begin_socket(struct hg_socket *record, struct task_struct *task, __u8 event) {
  __builtin_memset(record, 0, sizeof *record);
  fill_header(&record->header, HG_RECORD_SOCKET, task, parent_pid(task));
  record->header.size = sizeof *record;
  record->event = event;
  record->address.flags = HG_TEXT_ABSENT;
  record->walk.flags = HG_TEXT_ABSENT;
}

// The same in the scratch space, with the kind of the socket.
__noinline int begin_call(struct scratch *s, unsigned long socket, __u32 event, __u32 row) {
  if (!s) return 0;
  struct hg_socket *record = &s->socket;
  // Neighbours in all kernels so far.
  __u16 pair[2] = {};
  begin_socket(record, bpf_get_current_task_btf(), event);
  if (has_cast) {
    pair[0] = CAST((struct sock *)socket)->sk_type;
    pair[1] = CAST((struct sock *)socket)->sk_protocol;
  } else if (bpf_core_field_offset(struct sock, sk_protocol) == bpf_core_field_offset(struct sock, sk_type) + 2) {
    READ(pair, (void *)socket + bpf_core_field_offset(struct sock, sk_type));
  } else {
    FIELD(pair[0], (struct sock *)socket, sk_type);
    FIELD(pair[1], (struct sock *)socket, sk_protocol);
  }
  record->type = pair[0];
  record->protocol = pair[1];
  LOAD(record->family, (struct sock *)socket, __sk_common.skc_family);
  record->call = row;
  return 0;
}

// Where the address of a socket begins in the scratch space: just behind its record.
enum { ADDRESS_OFFSET = sizeof(struct hg_socket), SOCKADDR_IN_SIZE = 16 };

// Takes the address that a call was given.
__noinline int append_address(struct scratch *s, unsigned long address, __u32 size) {
  if (!s) return 0;
  struct hg_socket *record = &s->socket;
  record->address.size = 0;
  record->address.flags = 0;
  // A kernel that is given a larger one refuses it.
  if (size > SOCKADDR_LIMIT) {
    size = SOCKADDR_LIMIT;
    record->address.flags = HG_TEXT_TRUNCATED;
  }
  if (bpf_probe_read_user(s->bytes + ADDRESS_OFFSET, size, (void *)address)) record->address.flags = HG_TEXT_UNREADABLE;
  else record->address.size = size;
  return 0;
}

// Takes the peer of an internet's datagram socket that is connected, as a call would name it; whether it is one.
__noinline int append_peer(struct scratch *s, unsigned long socket) {
  if (!s) return false;
  struct {
    __u16 family, port;
    __u32 first;  // IPv4: the address
    __u8 second[16];
    __u32 scope;
  } peer = {};
  struct ends ends = {};
  __u16 type = 0;
  LOAD(type, (const struct sock *)socket, sk_type);
  if (type != SOCK_DGRAM) return false;
  read_ends(&ends, (const struct sock *)socket);
  if (!ends.remote_port) return false;
  peer.family = ends.family;
  peer.port = __builtin_bswap16(ends.remote_port);
  if (ends.family == AF_INET) {
    peer.first = *(__u32 *)ends.remote;
    s->socket.address.size = SOCKADDR_IN_SIZE;
  } else if (ends.family == AF_INET6) {
    __builtin_memcpy(peer.second, ends.remote, 16);
    peer.scope = ends.scope;
    s->socket.address.size = sizeof peer;
  } else {
    return false;
  }
  __builtin_memcpy(s->bytes + ADDRESS_OFFSET, &peer, sizeof peer);
  s->socket.address.flags = 0;
  return true;
}

// Takes the address that a Unix socket is bound to.
__noinline int append_bound(struct scratch *s, unsigned long socket) {
  if (!s) return 0;
  struct hg_socket *record = &s->socket;
  struct unix_address *address = NULL;
  int size = 0;
  FIELD(address, (const struct unix_sock *)socket, addr);
  if (!address) return 0;
  FIELD(size, address, len);
  if (size < 0 || size > SOCKADDR_LIMIT) return 0;
  const void *from = (void *)address + bpf_core_field_offset(struct unix_address, name);
  if (bpf_probe_read_kernel(s->bytes + ADDRESS_OFFSET, size, from)) return 0;
  record->address.size = size;
  record->address.flags = 0;
  return 0;
}

// Where the path of a Unix address starts, or where it leads: `bound` is a socket that is bound to it, or 0. Then hands
// the record on; whether there was room.
__noinline int emit_call(struct scratch *s, unsigned long bound) {
  if (!s) return 0;
  struct hg_socket *record = &s->socket;
  __u32 size = record->address.size;
  if (size > SOCKADDR_LIMIT) return 0;
  s->offset = ADDRESS_OFFSET + size;
  if (size > 2 && *(__u16 *)(s->bytes + ADDRESS_OFFSET) == AF_UNIX && s->bytes[ADDRESS_OFFSET + 2]) {
    struct task_struct *task = bpf_get_current_task_btf();
    unsigned long from = bound + bpf_core_field_offset(struct unix_sock, path);
    if (!bound)
      from = as_number(s, s->bytes[ADDRESS_OFFSET + 2] == '/' ? root_directory(task) : working_directory(task));
    walk(s, &record->walk, from);
    if (bound) record->flags |= HG_SOCKET_RESOLVED;
  }
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  return emit(&record->header, end);
}
