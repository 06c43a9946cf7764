// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// How many bytes each process reads from and writes to each file. The kernel adds them up; a file is told once, when a
// process moves its first bytes, and the sums are fetched when the process has ended.
#pragma once
#include "calls.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, struct hg_file_key);
  __type(value, struct hg_file_count);
} file_counts SEC(".maps");

// What a count begins with. Not on the stack: Linux 6.1 adds up the stacks of all functions under way, a walk's among them.
static const struct hg_file_count counted, left_out = {.is_left_out = true};

// Begins to count what a process does with a file, and tells which one it is.
static __noinline int begin_count(struct hg_file_key *key, struct file *file) {
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  if (!s || !key) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  struct hg_file *record = &s->file;
  s->offset = sizeof *record;
  walk(s, &record->walk, as_number(s, file_path(file)));
  bool is_left_out = filters & HG_FILTER_PATH && !is_wanted_path(s, &record->walk, sizeof *record, NULL, 0);
  long error = bpf_map_update_elem(&file_counts, key, is_left_out ? &left_out : &counted, BPF_NOEXIST);
  if (error) {
    // Another thread was faster; or there is no room.
    if (!bpf_map_lookup_elem(&file_counts, key)) lose(HG_LOST_FILES);
    return 0;
  }
  if (is_left_out) return 0;
  fill_header(&record->header, HG_RECORD_FILE, task, parent_pid(task));
  record->key = *key;
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  emit(&record->header, end);
  return 0;
}

static __noinline int count_file_bytes(__s32 descriptor_number, __u64 bytes, bool is_write) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct file *file = descriptor(task, descriptor_number);
  if (!file) return 0;
  struct inode *inode = NULL;
  struct super_block *super = NULL;
  struct task_struct *leader = NULL;
  unsigned long number = 0;
  struct hg_file_key key = {};
  FIELD(inode, file, f_inode);
  FIELD(number, inode, i_ino);
  FIELD(key.generation, inode, i_generation);
  FIELD(super, inode, i_sb);
  FIELD(key.device, super, s_dev);
  FIELD(leader, task, group_leader);
  FIELD(key.start, leader, start_boottime);
  key.inode = number;
  key.pid = task->tgid;
  struct hg_file_count *count = bpf_map_lookup_elem(&file_counts, &key);
  if (!count) {
    begin_count(&key, file);
    count = bpf_map_lookup_elem(&file_counts, &key);
    if (!count) return 0;
  }
  __sync_fetch_and_add(is_write ? &count->written : &count->read, bytes);
  __sync_fetch_and_add(is_write ? &count->writes : &count->reads, 1);
  return 0;
}

// A row's a is the descriptor that is read, its b the one that is written; the result is how many bytes.
SEC("?tp_btf/sys_exit")
int BPF_PROG(bytes_call, struct pt_regs *registers, long result) {
  struct task_struct *task = bpf_get_current_task_btf();
  __u32 row = call_row(task, registers);
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  struct followed *process = followed(task);
  // What the command reads at its gate is none of its own doing.
  if (!call || !process || process->state & FOLLOWED_AT_GATE || result <= 0) return 0;
  struct call_arguments arguments;
  read_arguments(&arguments, registers, row);
  if (call->a >= 0) count_file_bytes(argument(&arguments, call->a), result, false);
  if (call->b >= 0) count_file_bytes(argument(&arguments, call->b), result, true);
  return 0;
}
