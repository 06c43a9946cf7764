// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What has become of the TCP connections whose end no hook has told when the run ends.
#pragma once
#include "connections.h"

// Whether a socket is still that of the connection which is remembered under its address.
static __always_inline bool is_same(const struct hg_connection *connection, const struct sock *socket) {
  const struct hg_socket *record = &connection->record;
  __be16 local = 0, remote = 0;
  LOAD(local, (const struct inet_sock *)socket, inet_sport);
  LOAD(remote, socket, __sk_common.skc_dport);
  if (record->flags & HG_SOCKET_LOCAL && record->local.port != __builtin_bswap16(local)) return false;
  return !(record->flags & HG_SOCKET_REMOTE) || record->remote.port == __builtin_bswap16(remote);
}

// Takes what is still open out of the hooks' hands, and brings its counts up to date. What has ended without any hook having
// seen it (some machines' kernels run no program in a softirq that interrupts a process of their own) is found here.
static long count_now(const void *map, __u64 *key, struct hg_connection *connection, void *unused) {
  const struct sock *socket = (const void *)*key;
  struct hg_socket *record = &connection->record;
  __u32 before = connection->state;
  if (before & HG_CONNECTION_TOLD && !(before & HG_CONNECTION_OPEN)) return 0;
  // All is read before it is taken: until then the socket is there, and a hook that sees it end comes first.
  struct counts counts = {};
  unsigned char state = 0;
  int error = 0;
  LOAD(state, socket, __sk_common.skc_state);
  LOAD(error, socket, sk_err);
  read_counts(&counts, socket);
  // Otherwise nothing of it is left: the socket is another one's.
  bool is_known = is_same(connection, socket);
  if (!(before & HG_CONNECTION_TOLD)) {
    if (!may_tell(connection)) return 0;
    if (is_known && (error || was_established(&counts))) {
      tell_unseen(connection, socket, error);
    } else {
      // Still on its way, or closed, as a hook saw; or it failed unseen.
      bool is_missed = !is_known || (state == TCP_CLOSE && !(before & HG_CONNECTION_UNRESOLVED));
      if (is_missed) lose(HG_LOST_ENDS);
      record->flags |= HG_SOCKET_PENDING;
      __sync_fetch_and_or(&connection->state, HG_CONNECTION_COUNTED);
      return 0;
    }
  }
  if (!may_tell_end(connection)) return 0;
  if (!is_known) {
    lose(HG_LOST_ENDS);
    return 0;
  }
  record->event = HG_CALL_CLOSE;
  if (state == TCP_CLOSE) {
    record->flags &= ~HG_SOCKET_TIMED;
    state = UNSEEN_STATE;
  } else {
    record->flags |= HG_SOCKET_OPEN;
  }
  fill_bytes(record, &counts, state);
  __sync_fetch_and_or(&connection->state, HG_CONNECTION_COUNTED);
  return 0;
}

// Run by hand when the run ends, before the hooks go. (A program of this type can be run so, and may use this map, in every
// kernel that is supported.)
SEC("?socket")
int count_open(void *unused) {
  volatile __u64 *mark = over_mark();
  if (mark) *mark = 1;
  bpf_for_each_map_elem(&connections, count_now, NULL, 0);
  return 0;
}
