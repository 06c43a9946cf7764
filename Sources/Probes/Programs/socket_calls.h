// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What programs ask of sockets: connect, accept, listen and bind, and send.
#pragma once
#include "connections.h"
#include "paths.h"

// Whether a call is one that is told at all.
static __always_inline bool is_worth_telling(const struct hg_socket *record, unsigned long socket, long result) {
  if (is_restart(result)) return record->event == HG_CALL_CONNECT && is_tcp(record) && tcp_connect_returned(socket, result);
  switch (record->event) {
  case HG_CALL_CONNECT:
    if (is_tcp(record)) return tcp_connect_returned(socket, result);
    // The connections beneath one of MPTCP are told as what they are.
    return record->protocol != IPPROTO_MPTCP && result != -EALREADY_ && result != -EISCONN_;
  case HG_CALL_ACCEPT: return result != -EAGAIN_ && result != -EINTR_;
  default: return true;
  }
}

// The result of a call, and what else belongs to it.
static __always_inline void put_result(struct hg_socket *record, long result, __u32 backlog) {
  if (record->event == HG_CALL_ACCEPT) record->number = clamped(result);
  else if (record->event == HG_CALL_LISTEN) record->number = backlog;
  if (result < 0) record->error = -clamped(result);
  if (record->event != HG_CALL_CONNECT || result != -EINPROGRESS_) return;
  record->error = 0;
  record->flags = HG_SOCKET_PENDING;
}

// The addresses of both ends, as far as the socket knows them, and hands the record on.
__noinline int tell_call(struct scratch *s, unsigned long socket, long result) {
  if (!s) return 0;
  struct hg_socket *record = &s->socket;
  __u8 event = record->event;
  unsigned long bound = 0;
  bool is_own = event == HG_CALL_LISTEN || event == HG_CALL_ACCEPT || (event == HG_CALL_BIND && result == 0);
  if (is_own && record->family == AF_UNIX) {
    bound = socket;
    append_bound(s, socket);
  }
  // A datagram socket is given its peer back.
  if (event == HG_CALL_CONNECT && result == 0 && record->address.size >= 2 &&
      *(__u16 *)(s->bytes + ADDRESS_OFFSET) == AF_UNSPEC)
    return 0;
  // What a failed call asked for is in the address, not in the socket.
  if (result >= 0 || !(event == HG_CALL_CONNECT || event == HG_CALL_BIND)) read_endpoints(record, socket);
  if (event == HG_CALL_ACCEPT && result >= 0 && is_tcp(record)) remember_accepted(s, socket);
  return emit_call(s, bound);
}

// What a call of getsockopt has given the program, if it asked for the socket's error; whether it did.
static __always_inline bool read_told_error(int *error, const struct call_arguments *arguments, long result) {
  __u32 size = 0;
  if (result || arguments->word[1] != SOL_SOCKET || arguments->word[2] != SO_ERROR) return false;
  if (bpf_probe_read_user(&size, sizeof size, (void *)arguments->word[4]) || size < sizeof *error) return false;
  return !bpf_probe_read_user(error, sizeof *error, (void *)arguments->word[3]);
}

static __noinline int tell_asking(struct pt_regs *registers, long result, const struct hg_call *call, struct scratch *s) {
  __u32 row = s->row;
  __u8 event = call->event;
  struct call_arguments *arguments = &s->arguments;
  read_arguments(arguments, registers, row);
  unsigned long socket = 0;
  int error = 0;
  if (event == HG_CALL_OUTCOME && !read_told_error(&error, arguments, result)) return 0;
  if (event == HG_CALL_ACCEPT && result >= 0) socket = socket_of(s, file_of(s, clamped(result)));
  // Otherwise another thread has closed already what accept returned: the listener knows the rest.
  if (!socket) socket = socket_of(s, file_of(s, arguments->word[0]));
  if (!socket) return 0;
  if (event == HG_CALL_OUTCOME) return error_was_told(socket, error);
  begin_call(s, socket, event, row);
  if (!is_worth_telling(&s->socket, socket, result)) return 0;
  put_result(&s->socket, result, arguments->word[1]);
  if (call->path >= 0) append_address(s, argument(arguments, call->path), argument(arguments, call->a));
  tell_call(s, socket, result);
  return 0;
}

// Which peers a socket has sent to. An eviction only costs a repeat.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, __u64[2]);
  __type(value, __u8);
} peers SEC(".maps");

static long address_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  __u32 offset = ADDRESS_OFFSET + step * 8;
  if (offset > ADDRESS_OFFSET + SOCKADDR_LIMIT) return 1;
  mix(s->hash, *(__u64 *)(s->bytes + offset));
  return 0;
}

// Whether the socket of the send under way has sent to the address in the scratch space before, with that result;
// remembers it.
__noinline int was_sent(struct scratch *s) {
  struct inode *inode = NULL;
  unsigned long number = 0;
  if (!s) return 0;
  FIELD(inode, (struct file *)s->sender, f_inode);
  FIELD(number, inode, i_ino);
  __u32 size = s->socket.address.size;
  if (size > SOCKADDR_LIMIT) return false;
  *(__u64 *)(s->bytes + ADDRESS_OFFSET + size) = 0;
  s->hash[0] = hash_seed;
  s->hash[1] = ~hash_seed;
  // The file's address alone may be another socket's later.
  mix(s->hash, s->sender);
  mix(s->hash, number ^ (__u64)s->send_error << 40 ^ (__u64)size << 56);
  bpf_loop((size + 7) / 8 & 31, address_step, &s, 0);
  __u64 key[2] = {s->hash[0], s->hash[1]};
  if (bpf_map_lookup_elem(&peers, key)) return true;
  __u8 value = 1;
  bpf_map_update_elem(&peers, key, &value, BPF_ANY);
  return false;
}

// The head of a struct msghdr.
static __always_inline bool read_message(struct message_head *to, __u64 address, bool is_32_bit) {
  __u32 words[2] = {};
  if (!is_32_bit) return !bpf_probe_read_user(to, sizeof *to, (void *)address);
  if (bpf_probe_read_user(words, sizeof words, (void *)address)) return false;
  to->name = words[0];
  to->name_size = words[1];
  return true;
}

// Without an address it goes to the socket's own peer.
__noinline int tell_send(struct scratch *s, unsigned long address, __u32 size) {
  if (!s || !s->sender) return 0;
  unsigned long socket = 0;
  if (address) {
    append_address(s, address, size);
  } else {
    socket = socket_of(s, s->sender);
    if (!socket || !append_peer(s, socket)) return 0;
  }
  if (s->socket.address.flags & HG_TEXT_UNREADABLE || was_sent(s)) return 0;
  struct hg_text kept = s->socket.address;
  if (!socket) socket = socket_of(s, s->sender);
  if (!socket) return 0;
  begin_call(s, socket, HG_CALL_SEND, s->send_row);
  // A stream has its peer already; a first segment that goes with the connection is told as that connection.
  if (s->socket.type == SOCK_STREAM) return 0;
  s->socket.address = kept;
  s->socket.error = s->send_error;
  read_endpoints(&s->socket, socket);
  if (emit_call(s, 0)) return 0;
  __u64 key[2] = {s->hash[0], s->hash[1]};
  bpf_map_delete_elem(&peers, key);
  return 0;
}

static long message_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  struct message_head message;
  if (!read_message(&message, s->messages + step * s->message_size, s->is_32_bit)) return 1;
  tell_send(s, message.name_size ? message.name : 0, message.name_size);
  return 0;
}

static __noinline int tell_sending(struct pt_regs *registers, long result, const struct hg_call *call, struct scratch *s) {
  __u32 row = s->row;
  struct call_arguments *arguments = &s->arguments;
  read_arguments(arguments, registers, row);
  bool has_messages = call->path2 >= 0;
  __u64 address = 0;
  if (has_messages) address = argument(arguments, call->path2);
  else if (call->path >= 0) address = argument(arguments, call->path);
  if (is_restart(result) || result == -EAGAIN_ || result == -EINTR_) return 0;
  s->is_32_bit = is_32_bit(row);
  // sendmsg gives back bytes, sendmmsg messages; of a failure there is one message.
  __u32 count = has_messages && call->a >= 0 && result > 0 ? result : 1;
  bool is_named = address != 0;
  if (has_messages && count == 1) {
    struct message_head message;
    if (!read_message(&message, address, s->is_32_bit)) return 0;
    is_named = message.name && message.name_size;
  }
  // A stream has its peer already.
  if (!is_named && !is_datagram(s, arguments->word[0])) return 0;
  s->sender = file_of(s, arguments->word[0]);
  s->send_row = row;
  s->send_error = result < 0 ? -clamped(result) : 0;
  if (!has_messages) {
    __u32 size = address ? argument(arguments, call->a) : 0;
    if (!address || size) tell_send(s, address, size);
    return 0;
  }
  s->messages = address;
  s->message_size = s->is_32_bit ? MESSAGE_SIZE_32 : MESSAGE_SIZE;
  bpf_loop(count & 0x7ff, message_step, &s, 0);
  return 0;
}

// One program for all of them: the verifier looks only once at what they have in common.
SEC("?tp_btf/sys_exit")
int BPF_PROG(socket_call, struct pt_regs *registers, long result) {
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  __u32 row = s ? s->row : HG_CALLS;
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  if (!call || !s) {
    lose(HG_LOST_INTERNAL);
    return 0;
  }
  return call->event == HG_CALL_SEND ? tell_sending(registers, result, call, s) : tell_asking(registers, result, call, s);
}
