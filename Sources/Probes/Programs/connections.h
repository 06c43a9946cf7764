// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// TCP connections: the owner is taken where connect and accept run, outcome and end wherever the socket's state changes
// (often a softirq, where the current task is somebody else's).
#pragma once
#include "sockets.h"

// From SYN_SENT or accept until the socket is gone, by the socket's address. Not allocated ahead: most runs have few.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct hg_connection);
} connections SEC(".maps");

static __always_inline int start_connecting(const struct sock *socket) {
  __u64 key = (__u64)socket;
  struct task_struct *task = bpf_get_current_task_btf();
  // A kernel's thread that connects for its process (io_uring) was never forked where anybody sees it.
  struct followed *own = followed(task);
  struct followed *process = own ?: followed(task->group_leader);
  if (!process || !is_wanted(task, process)) {
    bpf_map_delete_elem(&connections, &key);
    return 0;
  }
  struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
  __u32 row = call_row(task, registers);
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  // Not a segment that goes with a sendto.
  if (own && call && call->event == HG_CALL_CONNECT) own->connecting = key;
  struct hg_connection value = {};
  begin_socket(&value.record, task, HG_CALL_CONNECT);
  value.record.started = value.record.header.time;
  value.record.flags = HG_SOCKET_TIMED;
  value.record.type = SOCK_STREAM;
  value.record.protocol = IPPROTO_TCP;
  load_endpoints(&value.record, socket);
  if (bpf_map_update_elem(&connections, &key, &value, BPF_ANY)) lose(HG_LOST_CONNECTIONS);
  return 0;
}

// Tells how connect ended. Of a success the ends are in the record already.
static __always_inline void tell(struct hg_connection *connection, int error, __u16 flags) {
  struct hg_socket *record = &connection->record;
  connection->error = error;
  record->header.time = bpf_ktime_get_boot_ns();
  record->error = error;
  record->flags |= flags;
  emit(&record->header, sizeof *record);
  if (error || flags) return;
  record->started = record->header.time;
  __sync_fetch_and_or(&connection->state, HG_CONNECTION_OPEN);
}

// Whether it is for the caller to tell: once, whoever comes first.
static __always_inline bool may_tell(struct hg_connection *connection) {
  return !(__sync_fetch_and_or(&connection->state, HG_CONNECTION_TOLD) & HG_CONNECTION_TOLD);
}

// What TCP counts of a connection.
struct counts {
  __u64 acknowledged, received;
  __u32 unacknowledged, end;
  unsigned long flags;
};

// Through a pointer that the verifier knows nothing about.
static __always_inline void read_counts(struct counts *counts, const struct sock *socket) {
  const struct tcp_sock *tcp = (const void *)socket;
  FIELD(counts->acknowledged, tcp, bytes_acked);
  FIELD(counts->received, tcp, bytes_received);
  FIELD(counts->unacknowledged, tcp, snd_una);
  FIELD(counts->end, tcp, write_seq);
  FIELD(counts->flags, socket, __sk_common.skc_flags);
}

// Through one that it trusts: by loads.
static __always_inline void load_counts(struct counts *counts, const struct sock *socket) {
  const struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)socket);
  if (!tcp) return;
  counts->acknowledged = tcp->bytes_acked;
  counts->received = tcp->bytes_received;
  counts->unacknowledged = tcp->snd_una;
  counts->end = tcp->write_seq;
  counts->flags = socket->__sk_common.skc_flags;
}

// Bytes of data both ways: what the kernel counts, without the SYN and FIN that it counts as a byte each.
static __always_inline void fill_bytes(struct hg_socket *record, const struct counts *counts, int state) {
  bool has_ended = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_LAST_ACK || state == TCP_CLOSING;
  __u64 sent_signs = (has_ended && counts->unacknowledged == counts->end) + !(record->flags & HG_SOCKET_ACCEPTED);
  __u64 received_signs = counts->flags >> SOCK_DONE & 1;
  record->sent = counts->acknowledged > sent_signs ? counts->acknowledged - sent_signs : 0;
  record->received = counts->received > received_signs ? counts->received - received_signs : 0;
}

// Tells the end of a connection, once. `state` is the one that the socket was in before.
static __always_inline void tell_close(struct hg_connection *connection, const struct sock *socket, int state) {
  if (!(__sync_fetch_and_and(&connection->state, ~HG_CONNECTION_OPEN) & HG_CONNECTION_OPEN)) return;
  struct hg_socket *record = &connection->record;
  record->header.time = bpf_ktime_get_boot_ns();
  record->event = HG_CALL_CLOSE;
  struct counts counts = {};
  load_counts(&counts, socket);
  fill_bytes(record, &counts, state);
  emit(&record->header, sizeof *record);
}

static __always_inline void state_changed(const struct sock *socket, int old_state, int new_state) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return;
  if (connection->state & HG_CONNECTION_TOLD) {
    if (new_state == TCP_CLOSE) tell_close(connection, socket, old_state);
    return;
  }
  int error = new_state == TCP_ESTABLISHED ? 0 : socket->sk_err;
  bool is_pending = new_state != TCP_ESTABLISHED && !error;
  if (is_pending && !(__sync_fetch_and_or(&connection->state, HG_CONNECTION_UNRESOLVED) & HG_CONNECTION_ASYNC)) return;
  if (!may_tell(connection)) return;
  // A socket that is closed has given its port back: the last address known is the better one.
  if (new_state == TCP_ESTABLISHED) load_endpoints(&connection->record, socket);
  tell(connection, error, is_pending ? HG_SOCKET_PENDING : 0);
}

static __always_inline int destroyed(struct sock *socket) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return 0;
  // Nobody has told how it ended: the descriptor was gone before connect returned, or it was no call of connect.
  if (may_tell(connection)) tell(connection, 0, HG_SOCKET_PENDING);
  // It was reset before accept returned it.
  tell_close(connection, socket, TCP_CLOSE);
  bpf_map_delete_elem(&connections, &key);
  return 0;
}

// Each of these hooks stands here twice. The kernel leaves out a program that is running on that processor already, and
// a softirq may interrupt one to bring news of another connection: then the other copy sees it. Nothing happens where
// both see it, since everything above is done once for each connection, whoever comes first; but as a rule the second
// finds here what the first has just seen.
struct change {
  __u64 socket;
  __s64 state;
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct change);
} seen SEC(".maps");

static __always_inline void note(const struct sock *socket, int state) {
  __u32 zero = 0;
  struct change *last = bpf_map_lookup_elem(&seen, &zero);
  if (!last) return;
  last->socket = (__u64)socket;
  last->state = state;
}

static __always_inline bool was_noted(const struct sock *socket, int state) {
  __u32 zero = 0;
  struct change *last = bpf_map_lookup_elem(&seen, &zero);
  if (!last || last->socket != (__u64)socket || last->state != state) return false;
  last->socket = 0;
  return true;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *socket, int old_state, int new_state) {
  if (new_state != TCP_SYN_SENT && new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) return 0;
  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  if (new_state == TCP_SYN_SENT) return start_connecting(socket);
  state_changed(socket, old_state, new_state);
  note(socket, new_state);
  return 0;
}

// SYN_SENT is none of its: that is where a process connects, and interrupts nobody.
SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_again, const struct sock *socket, int old_state, int new_state) {
  if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) return 0;
  if (socket->sk_protocol != IPPROTO_TCP || was_noted(socket, new_state)) return 0;
  state_changed(socket, old_state, new_state);
  return 0;
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *socket) {
  destroyed(socket);
  note(socket, 0);
  return 0;
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy_again, struct sock *socket) {
  return was_noted(socket, 0) ? 0 : destroyed(socket);
}

static long count_now(const void *map, __u64 *key, struct hg_connection *connection, void *unused) {
  const struct sock *socket = (const void *)*key;
  unsigned char state = 0;
  if (!(connection->state & HG_CONNECTION_OPEN)) return 0;
  FIELD(state, socket, __sk_common.skc_state);
  // It has ended, and no hook ever saw it.
  if (state == TCP_CLOSE) lose(HG_LOST_ENDS);
  struct counts counts = {};
  read_counts(&counts, socket);
  fill_bytes(&connection->record, &counts, state);
  return 0;
}

// Run by hand when the run ends: brings the counts of the connections that are still open up to date. (A program of
// this type can be run so, and may use this map, in every kernel that is supported.)
SEC("?socket")
int count_open(void *unused) {
  bpf_for_each_map_elem(&connections, count_now, NULL, 0);
  return 0;
}

// Remembers a connection that accept has returned, and that the scratch space tells of.
__noinline int remember_accepted(struct scratch *s, unsigned long socket) {
  __u64 key = socket;
  struct hg_connection value;
  if (!s) return 0;
  __builtin_memcpy(&value.record, &s->socket, sizeof value.record);
  value.record.header.size = sizeof value.record;
  value.record.started = value.record.header.time;
  value.record.flags |= HG_SOCKET_TIMED | HG_SOCKET_ACCEPTED;
  value.state = HG_CONNECTION_TOLD | HG_CONNECTION_OPEN;
  value.error = 0;
  if (bpf_map_update_elem(&connections, &key, &value, BPF_ANY)) lose(HG_LOST_CONNECTIONS);
  return 0;
}

// Whether connect has succeeded for a TCP socket, which the hooks above have told: nearly always, and without a look at
// the descriptor.
static __always_inline bool was_told_by_hooks(struct task_struct *task, long result) {
  struct followed *process = followed(task);
  if (!process) return false;
  __u64 key = process->connecting;
  process->connecting = 0;
  if (!key || result != 0) return false;
  // TCP_FASTOPEN_CONNECT succeeds before there is anything to tell.
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  return connection && connection->state & HG_CONNECTION_TOLD;
}

// What connect returned for a TCP socket. Whether that is still to be told: no state of the socket ever changed, for
// lack of a route, a permission, a free port. Not static: so the verifier looks at it once.
__noinline int tcp_connect_returned(unsigned long socket, long result) {
  __u64 key = socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);

  // TCP_FASTOPEN_CONNECT: connect has succeeded, and nothing was sent yet.
  unsigned char state = 0;
  FIELD(state, (const struct sock *)socket, __sk_common.skc_state);
  if ((result == 0 && state == TCP_SYN_SENT) || is_restart(result) || result == -EINTR_ || result == -EINPROGRESS_ ||
      result == -EALREADY_) {
    if (!connection) return false;
    if (!(connection->state & (HG_CONNECTION_UNRESOLVED | HG_CONNECTION_TOLD)))
      read_endpoints(&connection->record, socket);
    if (__sync_fetch_and_or(&connection->state, HG_CONNECTION_ASYNC) & HG_CONNECTION_UNRESOLVED && may_tell(connection))
      tell(connection, 0, HG_SOCKET_PENDING);
    return false;
  }
  if (result == -EISCONN_) return false;
  if (connection && may_tell(connection)) {
    if (!result) read_endpoints(&connection->record, socket);
    tell(connection, -clamped(result), 0);
    __sync_fetch_and_or(&connection->state, HG_CONNECTION_DELIVERED);
    return false;
  }
  if (connection && !(__sync_fetch_and_or(&connection->state, HG_CONNECTION_DELIVERED) & HG_CONNECTION_DELIVERED) &&
      (-result == connection->error || result == -ECONNABORTED_))
    return false;
  return result < 0;
}
