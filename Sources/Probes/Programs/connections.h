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

// Not 0 when the run is over: what begins to connect from then on is another story.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} over SEC(".maps");

static __always_inline volatile __u64 *over_mark(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&over, &zero);
}

// Forgets a connection. Not when the run is over: what was counted then is still to be read.
static __always_inline void forget(__u64 key) {
  volatile __u64 *mark = over_mark();
  if (mark && !*mark) bpf_map_delete_elem(&connections, &key);
}

// Remembers a connection. What was remembered of the same socket before is over, whether or not a hook saw it.
static __always_inline void remember(__u64 key, const struct hg_connection *value) {
  volatile __u64 *mark = over_mark();
  if (mark && *mark) return;
  long error = bpf_map_update_elem(&connections, &key, value, BPF_NOEXIST);
  if (!error) return;
  struct hg_connection *before = bpf_map_lookup_elem(&connections, &key);
  if (before && (before->state & HG_CONNECTION_OPEN || !(before->state & HG_CONNECTION_TOLD))) lose(HG_LOST_ENDS);
  if (!before || bpf_map_update_elem(&connections, &key, value, BPF_ANY)) lose(HG_LOST_CONNECTIONS);
}

static __always_inline int start_connecting(const struct sock *socket) {
  __u64 key = (__u64)socket;
  struct task_struct *task = bpf_get_current_task_btf();
  // A kernel's thread that connects for its process (io_uring) was never forked where anybody sees it.
  struct followed *own = followed(task);
  struct followed *process = own ?: followed(task->group_leader);
  if (!process || !is_wanted(task, process)) {
    forget(key);
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
  remember(key, &value);
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

// Likewise of the end.
static __always_inline bool may_tell_end(struct hg_connection *connection) {
  return __sync_fetch_and_and(&connection->state, ~HG_CONNECTION_OPEN) & HG_CONNECTION_OPEN;
}

// What TCP counts of a connection.
struct counts {
  __u64 acknowledged, received, sent, sent_again;
  __u32 unacknowledged, end;
  unsigned long flags;
};

static __always_inline void read_counts(struct counts *counts, const struct sock *socket) {
  const struct tcp_sock *tcp = (const void *)socket;
  LOAD(counts->acknowledged, tcp, bytes_acked);
  LOAD(counts->received, tcp, bytes_received);
  LOAD(counts->sent, tcp, bytes_sent);
  LOAD(counts->sent_again, tcp, bytes_retrans);
  LOAD(counts->unacknowledged, tcp, snd_una);
  LOAD(counts->end, tcp, write_seq);
  LOAD(counts->flags, socket, __sk_common.skc_flags);
}

// Whether its peer has ever answered: the SYN counts as a byte, and is the first that is acknowledged.
static __always_inline bool was_established(const struct counts *counts) { return counts->acknowledged != 0; }

// In place of the state that a socket had when it was closed, which no hook saw.
enum { UNSEEN_STATE = 0 };

// Bytes of data both ways: what the kernel counts, without the SYN and FIN that it counts as a byte each.
static __always_inline void fill_bytes(struct hg_socket *record, const struct counts *counts, int state) {
  bool has_ended = state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_LAST_ACK || state == TCP_CLOSING;
  __u64 sent_signs = !(record->flags & HG_SOCKET_ACCEPTED);
  // Whether a FIN is among what was acknowledged shows in how much data was sent.
  if (state == UNSEEN_STATE) has_ended = counts->acknowledged != counts->sent - counts->sent_again + sent_signs;
  sent_signs += has_ended && counts->unacknowledged == counts->end;
  __u64 received_signs = counts->flags >> SOCK_DONE & 1;
  record->sent = counts->acknowledged > sent_signs ? counts->acknowledged - sent_signs : 0;
  record->received = counts->received > received_signs ? counts->received - received_signs : 0;
}

// Tells the end of a connection, once. `state` is the one that the socket was in before.
static __always_inline void tell_close(struct hg_connection *connection, const struct sock *socket, int state) {
  if (!may_tell_end(connection)) return;
  struct hg_socket *record = &connection->record;
  record->header.time = bpf_ktime_get_boot_ns();
  record->event = HG_CALL_CLOSE;
  struct counts counts = {};
  read_counts(&counts, socket);
  fill_bytes(record, &counts, state);
  emit(&record->header, sizeof *record);
}

// Tells an outcome that no hook saw, and that connect has not told either: how long it took is not known.
static __always_inline void tell_unseen(struct hg_connection *connection, const struct sock *socket, int error) {
  struct counts counts = {};
  read_counts(&counts, socket);
  bool is_success = was_established(&counts);
  if (is_success || error) connection->record.flags &= ~HG_SOCKET_TIMED;
  // It failed, and the program alone was told why.
  else if (!(connection->state & HG_CONNECTION_UNRESOLVED)) lose(HG_LOST_ENDS);
  tell(connection, is_success ? 0 : error, is_success || error ? 0 : HG_SOCKET_PENDING);
}

// The program has been told what became of a connect that it did not wait for, by an error (0: none): a witness where no hook
// saw it. The kernel forgets an error that it has told.
static __always_inline void learn(struct hg_connection *connection, const struct sock *socket, int error) {
  if (connection->state & HG_CONNECTION_TOLD) return;
  unsigned char state = 0;
  int newer = 0;
  LOAD(state, socket, __sk_common.skc_state);
  LOAD(newer, socket, sk_err);
  // Under way: such an error is a passing one.
  if (state == TCP_SYN_SENT || state == TCP_SYN_RECV) return;
  struct counts counts = {};
  read_counts(&counts, socket);
  // It has failed since the question, which knew nothing of that.
  if (!error && !was_established(&counts)) return;
  if (!may_tell(connection)) return;
  if (state != TCP_CLOSE) read_endpoints(&connection->record, (unsigned long)socket);
  tell_unseen(connection, socket, newer ?: error);
}

// Somebody has asked a socket for its error, and was given this one.
__noinline int error_was_told(unsigned long socket, int error) {
  __u64 key = socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (connection) learn(connection, (const struct sock *)socket, error);
  return 0;
}

static __always_inline void state_changed(const struct sock *socket, int old_state, int new_state) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return;
  bool is_told = connection->state & HG_CONNECTION_TOLD;
  if (new_state == TCP_CLOSE && old_state != TCP_SYN_SENT && old_state != TCP_SYN_RECV) {
    if (!is_told && may_tell(connection)) tell_unseen(connection, socket, socket->sk_err);
    tell_close(connection, socket, old_state);
    return;
  }
  if (is_told) return;
  int error = new_state == TCP_ESTABLISHED ? 0 : socket->sk_err;
  bool is_pending = new_state != TCP_ESTABLISHED && !error;
  if (is_pending && !(__sync_fetch_and_or(&connection->state, HG_CONNECTION_UNRESOLVED) & HG_CONNECTION_ASYNC)) return;
  if (!may_tell(connection)) return;
  // A socket that is closed has given its port back: the last address known is the better one.
  if (new_state == TCP_ESTABLISHED) load_endpoints(&connection->record, socket);
  tell(connection, error, is_pending ? HG_SOCKET_PENDING : 0);
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state, const struct sock *socket, int old_state, int new_state) {
  if (new_state != TCP_SYN_SENT && new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE) return 0;
  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  if (new_state == TCP_SYN_SENT) return start_connecting(socket);
  state_changed(socket, old_state, new_state);
  return 0;
}

// The kernel leaves out a program that is running on that processor already, and a softirq may interrupt the one above to
// bring news of another connection. Two other programs, which do not run then, make up for that: this one is told of errors,
// the next of every end.
SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(tcp_error, const struct sock *socket) {
  if (socket->sk_protocol != IPPROTO_TCP) return 0;
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  int error = socket->sk_err;
  if (!connection || !error) return 0;
  // Before the change of state, or after it: that hook sees the same error.
  if (!(connection->state & HG_CONNECTION_TOLD)) {
    if (may_tell(connection)) tell(connection, error, 0);
  } else if (socket->__sk_common.skc_state == TCP_CLOSE) {
    tell_close(connection, socket, UNSEEN_STATE);
  }
  return 0;
}

SEC("?tp_btf/tcp_destroy_sock")
int BPF_PROG(tcp_destroy, struct sock *socket) {
  __u64 key = (__u64)socket;
  struct hg_connection *connection = bpf_map_lookup_elem(&connections, &key);
  if (!connection) return 0;
  int error = socket->sk_err;
  // Nobody has told how it ended: the descriptor was gone before connect returned, or it was no call of connect.
  if (may_tell(connection)) tell_unseen(connection, socket, error);
  // It was reset before accept returned it, or the end was not seen.
  tell_close(connection, socket, UNSEEN_STATE);
  forget(key);
  return 0;
}

// Remembers a connection that accept has returned, and that the scratch space tells of.
__noinline int remember_accepted(struct scratch *s, unsigned long socket) {
  struct hg_connection value;
  if (!s) return 0;
  __builtin_memcpy(&value.record, &s->socket, sizeof value.record);
  value.record.header.size = sizeof value.record;
  value.record.started = value.record.header.time;
  value.record.flags |= HG_SOCKET_TIMED | HG_SOCKET_ACCEPTED;
  value.state = HG_CONNECTION_TOLD | HG_CONNECTION_OPEN;
  value.error = 0;
  remember(socket, &value);
  return 0;
}

// Whether connect has succeeded for a TCP socket, which the hooks above have told: nearly always, and without a look at
// the descriptor.
static __always_inline bool was_told_by_hooks(struct followed *process, long result) {
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
  LOAD(state, (const struct sock *)socket, __sk_common.skc_state);
  if ((result == 0 && state == TCP_SYN_SENT) || is_restart(result) || result == -EINTR_ || result == -EINPROGRESS_ ||
      result == -EALREADY_) {
    if (!connection) return false;
    if (!(connection->state & (HG_CONNECTION_UNRESOLVED | HG_CONNECTION_TOLD)))
      read_endpoints(&connection->record, socket);
    if (__sync_fetch_and_or(&connection->state, HG_CONNECTION_ASYNC) & HG_CONNECTION_UNRESOLVED && may_tell(connection))
      tell(connection, 0, HG_SOCKET_PENDING);
    return false;
  }
  if (result == -EISCONN_) {
    if (connection) learn(connection, (const struct sock *)socket, 0);
    return false;
  }
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
