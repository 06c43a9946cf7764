// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// TCP connections: the owner is taken where connect runs, the outcome wherever the socket's state changes (often a
// softirq, where the current task is somebody else's), and failures that change no state from connect's own result.
#pragma once
#include "calls.h"
#include "walk.h"

// From SYN_SENT until the socket is gone, by the socket's address.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct hg_connecting);
} connecting SEC(".maps");

static __always_inline void fill_addresses(struct hg_connect *record, const struct sock *socket) {
  __be16 port = 0;
  record->local_port = 0;
  FIELD(record->family, socket, __sk_common.skc_family);
  FIELD(record->local_port, socket, __sk_common.skc_num);
  FIELD(port, socket, __sk_common.skc_dport);
  record->remote_port = __builtin_bswap16(port);
  if (record->family == AF_INET) {
    FIELD(*(__be32 *)record->local, socket, __sk_common.skc_rcv_saddr);
    FIELD(*(__be32 *)record->remote, socket, __sk_common.skc_daddr);
  } else {
    FIELD(record->local, socket, __sk_common.skc_v6_rcv_saddr);
    FIELD(record->remote, socket, __sk_common.skc_v6_daddr);
  }
  // At SYN_SENT the port may still have to be chosen.
  record->flags = HG_CONNECT_REMOTE | (record->local_port ? HG_CONNECT_LOCAL : 0);
}

static __always_inline int start_connecting(const struct sock *socket) {
  __u64 key = (__u64)socket;
  struct task_struct *task = bpf_get_current_task_btf();
  struct followed *process = followed(task);
  if (!process || !is_wanted(task, process)) {
    bpf_map_delete_elem(&connecting, &key);
    return 0;
  }
  struct hg_connecting value = {};
  fill_header(&value.record.header, HG_RECORD_CONNECT, task, parent_pid(task));
  value.record.header.size = sizeof value.record;
  value.record.started = value.record.header.time;
  fill_addresses(&value.record, socket);
  if (bpf_map_update_elem(&connecting, &key, &value, BPF_ANY)) lose(HG_LOST_CONNECTING);
  return 0;
}

// Tells how a connection ended, once, whoever comes first.
static __always_inline void tell(struct hg_connecting *connection, const struct sock *socket, int error, __u16 flags) {
  if (__sync_fetch_and_or(&connection->state, HG_CONNECTING_TOLD) & HG_CONNECTING_TOLD) return;
  connection->error = error;
  struct hg_connect record = connection->record;
  record.header.time = bpf_ktime_get_boot_ns();
  record.error = error;
  // A socket that is closed has given its port back: the last address known is the better one.
  if (!error && !flags) fill_addresses(&record, socket);
  record.flags |= flags;
  emit(&record.header, sizeof record);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *socket, int old_state, int new_state) {
  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  if (new_state == TCP_SYN_SENT) return start_connecting(socket);
  if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) return 0;
  __u64 key = (__u64)socket;
  struct hg_connecting *connection = bpf_map_lookup_elem(&connecting, &key);
  if (!connection || connection->state & HG_CONNECTING_TOLD) return 0;
  int error = socket->sk_err;
  if (new_state == TCP_ESTABLISHED || error) {
    tell(connection, socket, new_state == TCP_ESTABLISHED ? 0 : error, 0);
  } else if (__sync_fetch_and_or(&connection->state, HG_CONNECTING_UNRESOLVED) & HG_CONNECTING_ASYNC) {
    tell(connection, socket, 0, HG_CONNECT_PENDING);
  }
  return 0;
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *socket) {
  __u64 key = (__u64)socket;
  struct hg_connecting *connection = bpf_map_lookup_elem(&connecting, &key);
  if (!connection) return 0;
  // Nobody has told how it ended: the descriptor was gone before connect returned, or it was no call of connect.
  tell(connection, socket, 0, HG_CONNECT_PENDING);
  bpf_map_delete_elem(&connecting, &key);
  return 0;
}

// The TCP socket behind a descriptor, or NULL.
static __always_inline struct sock *tcp_socket(struct task_struct *task, __s32 number) {
  struct file *file = descriptor(task, number);
  struct inode *inode = NULL;
  struct socket *socket = NULL;
  struct sock *sock = NULL;
  __u16 mode = 0, type = 0, protocol = 0;
  if (!file) return NULL;
  FIELD(inode, file, f_inode);
  FIELD(mode, inode, i_mode);
  if ((mode & S_IFMT) != S_IFSOCK) return NULL;
  FIELD(socket, file, private_data);
  FIELD(sock, socket, sk);
  FIELD(type, sock, sk_type);
  FIELD(protocol, sock, sk_protocol);
  return type == SOCK_STREAM && protocol == IPPROTO_TCP ? sock : NULL;
}

// connect failed, and no state of the socket ever changed: no route, no permission, no free port.
static __always_inline void tell_immediate(struct task_struct *task, const struct call_arguments *arguments, long result) {
  struct sockaddr_in6 address = {};
  struct hg_connect record = {};
  fill_header(&record.header, HG_RECORD_CONNECT, task, parent_pid(task));
  record.header.size = sizeof record;
  record.error = -result;
  record.flags = HG_CONNECT_IMMEDIATE;
  // The kernel, too, looks at no byte past the size it was given: 24 without the scope is enough (RFC 2133).
  __u32 size = argument(arguments, 2);
  if (size >= 16 && !bpf_probe_read_user(&address, 16, (void *)argument(arguments, 1))) {
    record.family = address.sin6_family;
    record.remote_port = __builtin_bswap16(address.sin6_port);
    if (record.family == AF_INET) {
      *(__be32 *)record.remote = address.sin6_flowinfo;
      record.flags |= HG_CONNECT_REMOTE;
    } else if (record.family == AF_INET6 && size >= 24 &&
               !bpf_probe_read_user(&address, 24, (void *)argument(arguments, 1))) {
      __builtin_memcpy(record.remote, address.sin6_addr, 16);
      record.flags |= HG_CONNECT_REMOTE;
    }
  }
  emit(&record.header, sizeof record);
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(connect_call, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct call_arguments arguments;
  read_arguments(&arguments, registers, call_row(task, registers));
  struct sock *socket = tcp_socket(task, argument(&arguments, 0));
  if (!socket) return 0;
  __u64 key = (__u64)socket;
  struct hg_connecting *connection = bpf_map_lookup_elem(&connecting, &key);

  // TCP_FASTOPEN_CONNECT: connect has succeeded, and nothing was sent yet.
  unsigned char state = 0;
  FIELD(state, socket, __sk_common.skc_state);
  if ((result == 0 && state == TCP_SYN_SENT) || is_restart(result) || result == -EINTR_ || result == -EINPROGRESS_ || result == -EALREADY_) {
    if (!connection) return 0;
    if (!(connection->state & HG_CONNECTING_UNRESOLVED)) fill_addresses(&connection->record, socket);
    if (__sync_fetch_and_or(&connection->state, HG_CONNECTING_ASYNC) & HG_CONNECTING_UNRESOLVED)
      tell(connection, socket, 0, HG_CONNECT_PENDING);
    return 0;
  }
  if (result == -EISCONN_) return 0;
  if (connection && !(connection->state & HG_CONNECTING_TOLD)) {
    tell(connection, socket, -result, 0);
    __sync_fetch_and_or(&connection->state, HG_CONNECTING_DELIVERED);
    return 0;
  }
  if (connection && !(__sync_fetch_and_or(&connection->state, HG_CONNECTING_DELIVERED) & HG_CONNECTING_DELIVERED) &&
      (-result == connection->error || result == -ECONNABORTED_))
    return 0;
  if (result < 0) tell_immediate(task, &arguments, result);
  return 0;
}
