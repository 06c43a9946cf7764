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

char LICENSE[] SEC("license") = "Dual BSD/GPL";
