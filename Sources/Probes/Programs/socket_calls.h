// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What programs ask of sockets: connect, accept, listen and bind, told by one program; send by another, since it is
// called often and told seldom.
#pragma once
#include "connections.h"
#include "paths.h"

// Whether a call is one that is told at all.
static __always_inline bool is_worth_telling(const struct hg_socket *record, const struct sock *socket, long result) {
  switch (record->event) {
  case HG_CALL_CONNECT:
    if (is_tcp(record)) return tcp_connect_returned(socket, result);
    // The connections beneath one of MPTCP are told as what they are.
    if (record->protocol == IPPROTO_MPTCP) return false;
    return result != -EALREADY_ && result != -EISCONN_;
  case HG_CALL_ACCEPT: return result != -EAGAIN_ && result != -EINTR_;
  default: return true;
  }
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(socket_call, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  __u32 zero = 0, row = call_row(task, registers);
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  if (!call || !s) {
    lose(HG_LOST_INTERNAL);
    return 0;
  }
  struct call_arguments arguments;
  read_arguments(&arguments, registers, row);
  __u8 event = call->event;
  bool is_new = event == HG_CALL_ACCEPT && result >= 0;
  struct sock *socket = socket_of(descriptor(task, is_new ? clamped(result) : (__s32)argument(&arguments, 0)));
  // Another thread has closed already what accept returned: the listener knows the rest.
  if (!socket && is_new) socket = socket_of(descriptor(task, argument(&arguments, 0)));
  if (!socket) return 0;

  struct hg_socket *record = &s->socket;
  __u16 type = 0;
  FIELD(type, socket, sk_type);
  record->type = type;
  FIELD(record->protocol, socket, sk_protocol);
  record->event = event;
  if (!is_worth_telling(record, socket, result) || is_restart(result)) return 0;

  begin_socket(record, task, event);
  fill_kind(record, socket);
  record->call = row;
  if (event == HG_CALL_ACCEPT) record->number = clamped(result);
  else if (event == HG_CALL_LISTEN) record->number = argument(&arguments, 1);
  if (result < 0) record->error = -clamped(result);
  if (event == HG_CALL_CONNECT && result == -EINPROGRESS_) {
    record->error = 0;
    record->flags = HG_SOCKET_PENDING;
  }

  bool is_bound = event == HG_CALL_LISTEN || event == HG_CALL_ACCEPT || (event == HG_CALL_BIND && result == 0);
  struct sock *bound = is_bound && record->family == AF_UNIX ? socket : NULL;
  if (bound) {
    append_bound(s, socket);
  } else if (call->path >= 0) {
    append_address(s, argument(&arguments, call->path), argument(&arguments, call->a));
    // A datagram socket is given its peer back.
    if (event == HG_CALL_CONNECT && result == 0 && record->address.size >= 2 &&
        *(__u16 *)(s->bytes + ADDRESS_OFFSET) == AF_UNSPEC)
      return 0;
  }
  // What a failed call asked for is in the address, not in the socket.
  if (result >= 0 || !(event == HG_CALL_CONNECT || event == HG_CALL_BIND)) fill_endpoints(record, socket);
  append_place(s, task, bound);
  if (is_new && is_tcp(record)) remember_accepted(record, socket);
  emit_socket(s);
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

// Whether the socket behind `file` has sent to the address in the scratch space before, with that result; remembers it.
static __always_inline bool was_sent(struct scratch *s, struct file *file, __s32 error) {
  struct inode *inode = NULL;
  unsigned long number = 0;
  FIELD(inode, file, f_inode);
  FIELD(number, inode, i_ino);
  __u32 size = s->socket.address.size;
  if (size > SOCKADDR_LIMIT) return false;
  *(__u64 *)(s->bytes + ADDRESS_OFFSET + size) = 0;
  s->hash[0] = hash_seed;
  s->hash[1] = ~hash_seed;
  // The file's address alone may be another socket's later.
  mix(s->hash, (__u64)file);
  mix(s->hash, number ^ (__u64)error << 40 ^ (__u64)size << 56);
  bpf_loop((size + 7) / 8 & 31, address_step, &s, 0);
  if (bpf_map_lookup_elem(&peers, s->hash)) return true;
  __u8 value = 1;
  bpf_map_update_elem(&peers, s->hash, &value, BPF_ANY);
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

static __noinline void tell_send(struct scratch *s, __u64 address, __u32 size) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct hg_socket *record = &s->socket;
  struct file *file = s->sender;
  if (!address || !size || !file) return;
  append_address(s, address, size);
  if (record->address.flags & HG_TEXT_UNREADABLE || was_sent(s, file, s->send_error)) return;
  struct hg_text kept = record->address;
  struct sock *socket = socket_of(file);
  if (!socket) return;
  begin_socket(record, task, HG_CALL_SEND);
  fill_kind(record, socket);
  // A stream has its peer already; a first segment that goes with the connection is told as that connection.
  if (record->type == SOCK_STREAM) return;
  record->address = kept;
  record->call = s->send_row;
  record->error = s->send_error;
  fill_endpoints(record, socket);
  append_place(s, task, NULL);
  if (!emit_socket(s)) bpf_map_delete_elem(&peers, s->hash);
}

static long message_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  struct message_head message;
  if (!read_message(&message, s->messages + step * s->message_size, s->is_32_bit)) return 1;
  tell_send(s, message.name, message.name_size);
  return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(send_call, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  __u32 zero = 0, row = call_row(task, registers);
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  if (!call || !s) {
    lose(HG_LOST_INTERNAL);
    return 0;
  }
  struct call_arguments arguments;
  read_arguments(&arguments, registers, row);
  bool has_messages = call->path2 >= 0;
  __u64 address;
  if (has_messages) address = argument(&arguments, call->path2);
  else address = argument(&arguments, call->path);
  // A socket that is connected is given no address as a rule: there is nothing to look at.
  if (!address || is_restart(result) || result == -EAGAIN_ || result == -EINTR_) return 0;
  s->is_32_bit = is_32_bit(row);
  // sendmsg gives back bytes, sendmmsg messages; of a failure there is one message.
  __u32 count = has_messages && call->a >= 0 && result > 0 ? result : 1;
  if (has_messages && count == 1) {
    struct message_head message;
    if (!read_message(&message, address, s->is_32_bit) || !message.name) return 0;
  }
  s->sender = descriptor(task, argument(&arguments, call->directory));
  s->send_row = row;
  s->send_error = result < 0 ? -clamped(result) : 0;
  if (!has_messages) {
    tell_send(s, address, argument(&arguments, call->a));
    return 0;
  }
  s->messages = address;
  s->message_size = s->is_32_bit ? MESSAGE_SIZE_32 : MESSAGE_SIZE;
  bpf_loop(count & 0x7ff, message_step, &s, 0);
  return 0;
}
