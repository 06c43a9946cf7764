// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The one hook on system calls: their exit. The argument registers still hold what was asked, the result is known,
// and the program's pages are there.
#pragma once
#include "session.h"

// By system call number; filled by Sources/Probes/SystemCalls.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, HG_CALLS);
  __type(key, __u32);
  __type(value, struct hg_call);
} calls SEC(".maps");

// By system call number: the program that tells about it.
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, HG_CALLS);
  __type(key, __u32);
  __type(value, __u32);
} tellers SEC(".maps");

// A system call's argument, as the 64-bit convention passes it.
static __always_inline __u64 argument(struct pt_regs *registers, __s8 number) {
  switch (number) {
  case 0: return registers->di;
  case 1: return registers->si;
  case 2: return registers->dx;
  case 3: return registers->r10;
  case 4: return registers->r8;
  default: return registers->r9;
  }
}

// A signal interrupted the call, and the kernel will have it asked again (-ERESTARTSYS to -ERESTART_RESTARTBLOCK):
// no result yet. Only connect wants to know.
static __always_inline bool is_restart(long result) { return result <= -512 && result >= -516; }

// This runs at the end of every system call of every process of the machine. Most calls are none that is told: the
// table knows that for a few nanoseconds, and whether the task is followed costs several times as much.
SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  __u64 number = registers->orig_ax;
  bool is_32_bit = task->thread_info.status & TS_COMPAT || ((__u32)number & X32_SYSCALL_BIT && (__u32)number != (__u32)-1);
  if (!is_32_bit) {
    __u32 row = number;
    struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
    if (!call || call->event == HG_CALL_NONE) return 0;
  }
  if (!followed(task)) return 0;
  if (is_32_bit) {
    lose(HG_LOST_32_BIT);
    return 0;
  }
  bpf_tail_call(ctx, &tellers, number);
  return 0;
}
