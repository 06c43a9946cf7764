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

SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (!followed(task)) return 0;
  __u64 number = registers->orig_ax;
  if (task->thread_info.status & TS_COMPAT || (number & X32_SYSCALL_BIT && number >> 32 == 0)) {
    lose(HG_LOST_32_BIT);
    return 0;
  }
  bpf_tail_call(ctx, &tellers, number);
  return 0;
}
