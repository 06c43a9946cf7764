// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The one hook on system calls: their exit. The argument registers still hold what was asked, the result is known,
// and the program's pages are there.
#pragma once
#include "scope.h"

// By system call number; filled by Sources/Probes/SystemCalls.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, HG_CALLS);
  __type(key, __u32);
  __type(value, struct hg_call);
} calls SEC(".maps");

// By system call number: the program that tells about it, if it takes no paths.
struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, HG_CALLS);
  __type(key, __u32);
  __type(value, __u32);
} tellers SEC(".maps");

// The row of the system call that ends: its number, and behind those the numbers of the 32-bit convention. socketcall,
// which is many calls, has a row for each of them. Of no table, x32's among them: past the last row.
static __always_inline __u32 call_row(struct task_struct *task, struct pt_regs *registers) {
  __u32 number = registers->orig_ax;
  if (!(task->thread_info.status & TS_COMPAT))
    return number < HG_CALLS_32 || number & X32_SYSCALL_BIT ? number : HG_CALLS;
  if (number == SOCKETCALL_32) return HG_CALLS_SOCKETCALL + ((__u32)registers->bx & (HG_CALLS_URING - HG_CALLS_SOCKETCALL - 1));
  return number < HG_CALLS_SOCKETCALL - HG_CALLS_32 ? HG_CALLS_32 + number : HG_CALLS;
}

static __always_inline bool is_32_bit(__u32 row) { return row >= HG_CALLS_32; }

static __always_inline void read_arguments(struct call_arguments *to, struct pt_regs *registers, __u32 row) {
  to->word[6] = to->word[7] = 0;
  if (!is_32_bit(row)) {
    to->word[0] = registers->di;
    to->word[1] = registers->si;
    to->word[2] = registers->dx;
    to->word[3] = registers->r10;
    to->word[4] = registers->r8;
    to->word[5] = registers->r9;
  } else if (row < HG_CALLS_SOCKETCALL) {
    to->word[0] = (__u32)registers->bx;
    to->word[1] = (__u32)registers->cx;
    to->word[2] = (__u32)registers->dx;
    to->word[3] = (__u32)registers->si;
    to->word[4] = (__u32)registers->di;
    to->word[5] = (__u32)registers->bp;
  } else {
    // How many there are depends on the call, and what follows them may not be there.
    __u32 words[6] = {};
    const void *from = (const void *)(unsigned long)(__u32)registers->cx;
    if (bpf_probe_read_user(words, 24, from) && bpf_probe_read_user(words, 16, from) && bpf_probe_read_user(words, 12, from))
      bpf_probe_read_user(words, 8, from);
    for (int i = 0; i < 6; i++) to->word[i] = words[i];
  }
}

// An argument by a number of the table, which has none above 5. The mask behind the compiler's back: Linux 6.1's verifier
// follows no other bound for a place on the stack.
static __always_inline __u64 argument(const struct call_arguments *arguments, __s8 number) {
  __u64 index = number;
  asm volatile("%0 &= 7" : "+r"(index));
  return arguments->word[index];
}

// A signal interrupted the call, and the kernel will have it asked again (-ERESTARTSYS to -ERESTART_RESTARTBLOCK):
// no result yet. Only connect wants to know.
static __always_inline bool is_restart(long result) { return result <= -512 && result >= -516; }

// A result as 32 bits. A supervisor (seccomp's notifications) may have given back any number of 64.
static __always_inline __s32 clamped(long result) {
  if (result > 0x7fffffff) return 0x7fffffff;
  return result < -0x7fffffff ? -0x7fffffff : result;
}

// Calls that take paths are most of what is told, and are told without a jump to a program of their own: a tail call is an
// indirect one, which some processors make expensive on purpose.
const volatile __u32 tells_paths = 0;
static int tell_paths(
    struct task_struct *task, struct pt_regs *registers, long result, const struct hg_call *call, struct scratch *s);

static bool was_told_by_hooks(struct followed *process, long result);

// This runs at the end of every system call of every process of the machine. Most calls are none that is told: the
// table knows that for a few nanoseconds, and whether the task is followed costs several times as much.
SEC("tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *registers, long result) {
  // Neither by the one convention nor by the other.
  __u32 row = registers->orig_ax;
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  if (call && call->event == HG_CALL_NONE && !call->is_in_32_bit) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (scope != HG_SCOPE_CGROUP && is_unmarked(task)) return 0;
  __u32 number = row;
  row = call_row(task, registers);
  if (row != number) call = bpf_map_lookup_elem(&calls, &row);
  if (!call) {
    // -1 is a call that the kernel or a tracer has taken back.
    if (row & X32_SYSCALL_BIT && row != (__u32)-1 && followed(task)) lose(HG_LOST_32_BIT);
    return 0;
  }
  if (call->event == HG_CALL_NONE) return 0;
  struct followed *process = followed(task);
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  // Of a process that was moved into the control group only the leader is marked.
  if (!process && scope == HG_SCOPE_CGROUP) process = claim_with_leader(task);
  if (!process || !s || !is_wanted(task, process)) return 0;
  s->state = process->state;
  s->row = row;
  if (tells_paths && call->takes_paths) return tell_paths(task, registers, result, call, s);
  if (call->event == HG_CALL_CONNECT && was_told_by_hooks(process, result)) return 0;
  bpf_tail_call(ctx, &tellers, row);
  return 0;
}
