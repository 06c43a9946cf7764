// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// One of each thing that the BPF library handles. `on_exit` writes one record for each exit of a followed task.
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef unsigned short __u16;
typedef unsigned char __u8;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
enum { HASH = 1, ARRAY = 2, PROG_ARRAY = 3, PERCPU_ARRAY = 6, LRU_HASH = 9, RINGBUF = 27, TASK_STORAGE = 29 };
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
  int pid, tgid;
} __attribute__((preserve_access_index));

// As the kernel names them on x86-64.
struct pt_regs {
  unsigned long di, ax;
} __attribute__((preserve_access_index));

struct { __uint(type, RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct { __uint(type, HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); } hash SEC(".maps");
struct { __uint(type, LRU_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); } lru SEC(".maps");
struct { __uint(type, ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } array SEC(".maps");
struct { __uint(type, PERCPU_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); } counts SEC(".maps");
struct { __uint(type, PROG_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32); } programs SEC(".maps");
struct { __uint(type, TASK_STORAGE); __uint(map_flags, 1); __type(key, int); __type(value, __u64); } tasks SEC(".maps");

const volatile __u64 answer = 0;
const volatile __u32 other = 7;

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task) {
  __u64 *mark = bpf_task_storage_get(&tasks, task, 0, 0);
  __u32 zero = 0;
  if (!mark) return 0;
  __u64 *count = bpf_map_lookup_elem(&counts, &zero);
  if (count) (*count)++;
  __u64 record[3] = {*mark, answer, other};
  bpf_ringbuf_output(&ring, record, sizeof record, 0);
  bpf_tail_call(ctx, &programs, 1);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(after_exit, struct task_struct *task) {
  __u64 record = task->pid;
  bpf_ringbuf_output(&ring, &record, sizeof record, 0);
  return 0;
}

// Rejected: it reads where nobody promised that there is anything.
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(rejected, struct task_struct *task) {
  return *(volatile int *)1234;
}

// One record for each process; the arguments of another process can be read where the program may sleep.
struct bpf_iter_meta { void *seq; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };

SEC("?iter/task")
int each_process(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  if (!task || task->pid != task->tgid) return 0;
  __u64 record[2] = {task->pid, answer};
  bpf_seq_write((void *)ctx->meta->seq, record, sizeof record);
  return 0;
}

// So much for each that a machine's processes fill the kernel's buffer several times.
const volatile __u8 padding[8192] = {1};

SEC("?iter/task")
int each_padded(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  if (task && task->pid == task->tgid) bpf_seq_write((void *)ctx->meta->seq, (void *)padding, sizeof padding);
  return 0;
}

SEC("?iter.s/task")
int each_sleeping(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  __u32 zero = 0;
  if (!task || task->pid != (int)answer) return 0;
  __u64 *address = bpf_map_lookup_elem(&array, &zero), word = 0;
  if (!address || bpf_copy_from_user_task(&word, sizeof word, (void *)*address, task, 0)) return 0;
  bpf_seq_write((void *)ctx->meta->seq, &word, sizeof word);
  return 0;
}

// One record for each time that a process calls a function, or has called it: who, the cookie, argument or result.
SEC("?uprobe")
int came_by(struct pt_regs *registers) {
  __u64 record[3] = {bpf_get_current_pid_tgid(), bpf_get_attach_cookie(registers), registers->di};
  bpf_ringbuf_output(&ring, record, sizeof record, 0);
  return 0;
}

SEC("?uprobe")
int came_back(struct pt_regs *registers) {
  __u64 record[3] = {bpf_get_current_pid_tgid(), bpf_get_attach_cookie(registers), registers->ax};
  bpf_ringbuf_output(&ring, record, sizeof record, 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
