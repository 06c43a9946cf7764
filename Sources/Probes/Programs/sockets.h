// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What a socket is, and the two ends that it knows of.
#pragma once
#include "calls.h"
#include "walk.h"

// The socket's head in one read instead of ten: each read of kernel memory is some 30 ns.
struct sock_head { __u8 bytes[160]; };

// A member of struct sock_common in that copy. What an odd kernel has further back reads as the copy's beginning, which
// keeps the verifier content; where that could be is asked once, by `head_is_whole`.
#define HEAD(head, type, member)                                                                          \
  (*(type *)((head)->bytes +                                                                              \
             (bpf_core_field_offset(struct sock, __sk_common.member) <= sizeof(struct sock_head) - 16       \
                  ? bpf_core_field_offset(struct sock, __sk_common.member)                                  \
                  : 0)))

static __always_inline void copy_address(struct hg_endpoint *endpoint, const struct sock_head *head, __u64 offset) {
  if (offset > sizeof *head - 16) return;
  __builtin_memcpy(endpoint->address, head->bytes + offset, 16);
}

// Fills in family and both ends; of a connection that is closed the ends stay as they were.
static __always_inline void fill_endpoints(struct hg_socket *record, const struct sock *socket) {
  struct sock_head head = {};
  READ(head, socket);
  record->family = HEAD(&head, __u16, skc_family);
  if (record->family != AF_INET && record->family != AF_INET6) return;
  __u32 scope = HEAD(&head, __u32, skc_bound_dev_if);
  __u16 local_port = HEAD(&head, __u16, skc_num), remote_port = __builtin_bswap16(HEAD(&head, __be16, skc_dport));
  // At SYN_SENT the port may still have to be chosen; at the end it is given back.
  if (local_port) {
    record->local.port = local_port;
    record->local.scope = scope;
    record->flags |= HG_SOCKET_LOCAL;
    if (record->family == AF_INET) *(__be32 *)record->local.address = HEAD(&head, __be32, skc_rcv_saddr);
    else copy_address(&record->local, &head, bpf_core_field_offset(struct sock, __sk_common.skc_v6_rcv_saddr));
  }
  if (remote_port) {
    record->remote.port = remote_port;
    record->remote.scope = scope;
    record->flags |= HG_SOCKET_REMOTE;
    if (record->family == AF_INET) *(__be32 *)record->remote.address = HEAD(&head, __be32, skc_daddr);
    else copy_address(&record->remote, &head, bpf_core_field_offset(struct sock, __sk_common.skc_v6_daddr));
  }
}

// The socket behind a descriptor, or NULL.
static __always_inline struct sock *socket_of(struct file *file) {
  struct inode *inode = NULL;
  struct socket *socket = NULL;
  struct sock *sock = NULL;
  __u16 mode = 0;
  if (!file) return NULL;
  FIELD(inode, file, f_inode);
  FIELD(mode, inode, i_mode);
  if ((mode & S_IFMT) != S_IFSOCK) return NULL;
  FIELD(socket, file, private_data);
  FIELD(sock, socket, sk);
  return sock;
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

static __always_inline void fill_kind(struct hg_socket *record, const struct sock *socket) {
  __u16 type = 0;
  FIELD(type, socket, sk_type);
  record->type = type;
  FIELD(record->protocol, socket, sk_protocol);
  FIELD(record->family, socket, __sk_common.skc_family);
}

// Where the address of a socket begins in the scratch space: just behind its record.
enum { ADDRESS_OFFSET = sizeof(struct hg_socket) };

// Takes the address that a call was given.
static __always_inline void append_address(struct scratch *s, __u64 address, __u32 size) {
  struct hg_socket *record = &s->socket;
  record->address.size = 0;
  record->address.flags = 0;
  // A kernel that is given a larger one refuses it.
  if (size > SOCKADDR_LIMIT) {
    size = SOCKADDR_LIMIT;
    record->address.flags = HG_TEXT_TRUNCATED;
  }
  if (bpf_probe_read_user(s->bytes + ADDRESS_OFFSET, size, (void *)address)) {
    record->address.flags = HG_TEXT_UNREADABLE;
    return;
  }
  record->address.size = size;
}

// Takes the address that a Unix socket is bound to.
static __always_inline void append_bound(struct scratch *s, const struct sock *socket) {
  struct hg_socket *record = &s->socket;
  struct unix_address *address = NULL;
  int size = 0;
  FIELD(address, (const struct unix_sock *)socket, addr);
  if (!address) return;
  FIELD(size, address, len);
  if (size < 0 || size > SOCKADDR_LIMIT) return;
  if (bpf_probe_read_kernel(s->bytes + ADDRESS_OFFSET, size, (void *)address + bpf_core_field_offset(struct unix_address, name)))
    return;
  record->address.size = size;
  record->address.flags = 0;
}

// Where the path of a Unix address starts, or where it leads: `bound` is a socket that is bound to it, or NULL.
static __always_inline void append_place(struct scratch *s, struct task_struct *task, const struct sock *bound) {
  struct hg_socket *record = &s->socket;
  struct path *from = NULL;
  s->offset = ADDRESS_OFFSET + record->address.size;
  if (record->address.size <= 2 || *(__u16 *)(s->bytes + ADDRESS_OFFSET) != AF_UNIX || !s->bytes[ADDRESS_OFFSET + 2]) return;
  if (bound) from = (void *)bound + bpf_core_field_offset(struct unix_sock, path);
  else if (s->bytes[ADDRESS_OFFSET + 2] == '/') from = root_directory(task);
  else from = working_directory(task);
  if (!from) return;
  walk(s, &record->walk, (__u64)from);
  if (bound) record->flags |= HG_SOCKET_RESOLVED;
}

static __always_inline bool emit_socket(struct scratch *s) {
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  s->socket.header.size = end;
  return emit(&s->socket.header, end);
}
