// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// TCP connections: the owner is taken where connect and accept run, outcome and end wherever the socket's state changes
// (often a softirq, where the current task is somebody else's).
#pragma once
#include "sockets.h"

// From SYN_SENT or accept until the socket is gone, by the socket's address. Not allocated ahead: most runs have few.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 131072);
  __type(key, __u64);
  __type(value, struct hg_connection);
} connections SEC(".maps");

static __always_inline int start_connecting(const struct sock *socket) {
  __u64 key = (__u64)socket;
  struct task_struct *task = bpf_get_current_task_btf();
  // A kernel's thread that connects for its process (io_uring) was never forked where anybody sees it.
  struct followed *process = followed(task) ?: followed(task->group_leader);
  if (!process || !is_wanted(task, process)) {
    bpf_map_delete_elem(&connections, &key);
    return 0;
  }
  // The other copy of this hook was here.
  struct hg_connection *known = bpf_map_lookup_elem(&connections, &key);
  if (known && !(known->state & HG_CONNECTION_TOLD)) return 0;
  struct hg_connection value = {};
  begin_socket(&value.record, task, HG_CALL_CONNECT);
  value.record.started = value.record.header.time;
  value.record.flags = HG_SOCKET_TIMED;
  value.record.type = SOCK_STREAM;
  value.record.protocol = IPPROTO_TCP;
  fill_endpoints(&value.record, socket);
  if (bpf_map_update_elem(&connections, &key, &value, BPF_ANY)) lose(HG_LOST_CONNECTIONS);
  return 0;
}

// Tells how connect ended, once, whoever comes first.
static __always_inline void tell(struct hg_connection *connection, const struct sock *socket, int error, __u16 flags) {
  if (__sync_fetch_and_or(&connection->state, HG_CONNECTION_TOLD) & HG_CONNECTION_TOLD) return;
  struct hg_socket *record = &connection->record;
  connection->error = error;
  record->header.time = bpf_ktime_get_boot_ns();
  record->error = error;
  record->flags |= flags;
  // A socket that is closed has given its port back: the last address known is the better one.
  if (!error && !flags) fill_endpoints(record, socket);
  emit(&record->header, sizeof *record);
  if (error || flags) return;
  record->started = record->header.time;
  __sync_fetch_and_or(&connection->state, HG_CONNECTION_OPEN);
}

// Bytes of data both ways: what the kernel counts, without the SYN and FIN that it counts as a byte each.
static __always_inline void count_bytes(struct hg_socket *record, const struct sock *socket, int state) {
  const struct tcp_sock *tcp = (const void *)socket;
  __u64 acknowledged = 0, received = 0;
  unsigned long flags = 0;
  __u32 unacknowledged = 0, end = 0;
  FIELD(acknowledged, tcp, bytes_acked);
  FIELD(received, tcp, bytes_received);
  FIELD(unacknowledged, tcp, snd_una);
  FIELD(end, tcp, write_seq);
  FIELD(flags, socket, __sk_common.skc_flags);
  bool has_ended = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_LAST_ACK || state == TCP_CLOSING;
  __u64 sent_signs = (has_ended && unacknowledged == end) + !(record->flags & HG_SOCKET_ACCEPTED);
  __u64 received_signs = flags >> SOCK_DONE & 1;
  record->sent = acknowledged > sent_signs ? acknowledged - sent_signs : 0;
  record->received = received > received_signs ? received - received_signs : 0;
}

// Tells the end of a connection, once. `state` is the one that the socket was in before.
static __always_inline void tell_close(struct hg_connection *connection, const struct sock *socket, int state) {
  if (!(__sync_fetch_and_and(&connection->state, ~HG_CONNECTION_OPEN) & HG_CONNECTION_OPEN)) return;
  struct hg_socket *record = &connection->record;
  record->header.time = bpf_ktime_get_boot_ns();
  record->event = HG_CALL_CLOSE;
  count_bytes(record, socket, state);
  emit(&record->header, sizeof *record);
}

static __always_inline int state_changed(const struct sock *socket, int old_state, int new_state) {
  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  if (new_state == TCP_SYN_SENT) return start_connecting(socket);
  if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) return 0;
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return 0;
  if (connection->state & HG_CONNECTION_TOLD) {
    if (new_state == TCP_CLOSE) tell_close(connection, socket, old_state);
    return 0;
  }
  int error = socket->sk_err;
  if (new_state == TCP_ESTABLISHED || error) {
    tell(connection, socket, new_state == TCP_ESTABLISHED ? 0 : error, 0);
  } else if (__sync_fetch_and_or(&connection->state, HG_CONNECTION_UNRESOLVED) & HG_CONNECTION_ASYNC) {
    tell(connection, socket, 0, HG_SOCKET_PENDING);
  }
  return 0;
}

static __always_inline int destroyed(struct sock *socket) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return 0;
  // Nobody has told how it ended: the descriptor was gone before connect returned, or it was no call of connect.
  tell(connection, socket, 0, HG_SOCKET_PENDING);
  // It was reset before accept returned it.
  tell_close(connection, socket, TCP_CLOSE);
  bpf_map_delete_elem(&connections, &key);
  return 0;
}

// Each of these hooks stands here twice. The kernel leaves out a program that is running on that processor already, and
// a softirq may interrupt one to bring news of another connection: then the other copy sees it. Nothing happens where
// both see it, since everything above is done once for each connection, whoever comes first.
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *socket, int old_state, int new_state) {
  return state_changed(socket, old_state, new_state);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_again, const struct sock *socket, int old_state, int new_state) {
  return state_changed(socket, old_state, new_state);
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *socket) { return destroyed(socket); }

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_again, struct sock *socket) { return destroyed(socket); }

static long count_now(const void *map, __u64 *key, struct hg_connection *connection, void *unused) {
  const struct sock *socket = (const void *)*key;
  unsigned char state = 0;
  if (!(connection->state & HG_CONNECTION_OPEN)) return 0;
  FIELD(state, socket, __sk_common.skc_state);
  count_bytes(&connection->record, socket, state);
  return 0;
}

// Run by hand when the run ends: brings the counts of the connections that are still open up to date. (A program of
// this type can be run so, and may use this map, in every kernel that is supported.)
SEC("?socket")
int count_open(void *unused) {
  bpf_for_each_map_elem(&connections, count_now, NULL, 0);
  return 0;
}

// Remembers a connection that accept has returned.
static __always_inline void remember_accepted(const struct hg_socket *record, const struct sock *socket) {
  __u64 key = (__u64)socket;
  struct hg_connection value = {};
  __builtin_memcpy(&value.record, record, sizeof value.record);
  value.record.header.size = sizeof value.record;
  value.record.started = record->header.time;
  value.record.flags |= HG_SOCKET_TIMED | HG_SOCKET_ACCEPTED;
  value.state = HG_CONNECTION_TOLD | HG_CONNECTION_OPEN;
  if (bpf_map_update_elem(&connections, &key, &value, BPF_ANY)) lose(HG_LOST_CONNECTIONS);
}

// What connect returned for a TCP socket. Whether that is still to be told: no state of the socket ever changed, for
// lack of a route, a permission, a free port.
static __always_inline bool tcp_connect_returned(const struct sock *socket, long result) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);

  // TCP_FASTOPEN_CONNECT: connect has succeeded, and nothing was sent yet.
  unsigned char state = 0;
  FIELD(state, socket, __sk_common.skc_state);
  if ((result == 0 && state == TCP_SYN_SENT) || is_restart(result) || result == -EINTR_ || result == -EINPROGRESS_ ||
      result == -EALREADY_) {
    if (!connection) return false;
    if (!(connection->state & (HG_CONNECTION_UNRESOLVED | HG_CONNECTION_TOLD)))
      fill_endpoints(&connection->record, socket);
    if (__sync_fetch_and_or(&connection->state, HG_CONNECTION_ASYNC) & HG_CONNECTION_UNRESOLVED)
      tell(connection, socket, 0, HG_SOCKET_PENDING);
    return false;
  }
  if (result == -EISCONN_) return false;
  if (connection && !(connection->state & HG_CONNECTION_TOLD)) {
    tell(connection, socket, -result, 0);
    __sync_fetch_and_or(&connection->state, HG_CONNECTION_DELIVERED);
    return false;
  }
  if (connection && !(__sync_fetch_and_or(&connection->state, HG_CONNECTION_DELIVERED) & HG_CONNECTION_DELIVERED) &&
      (-result == connection->error || result == -ECONNABORTED_))
    return false;
  return result < 0;
}
