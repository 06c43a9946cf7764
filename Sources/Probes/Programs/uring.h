// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What is asked of the kernel through io_uring: no system call, but a request that one of its tracepoints sees when it is
// submitted, and another when it is complete. Requests about paths are told like the system calls that they stand for;
// the others are counted by process and operation, and so are those whose end no hook sees: where a request asks not to be
// told of its success, neither are we.
#pragma once
#include "paths.h"

// Requests that were told and are not complete, by address.
struct uring_request {
  struct hg_uring_key key;  // of its count
  __u32 has_descriptor;     // the result is one, if it is no error
  __u32 is_counted;         // until it is complete, which it may never be
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 65536);
  __type(key, __u64);
  __type(value, struct uring_request);
} uring_requests SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 16384);
  __type(key, struct hg_uring_key);
  __type(value, struct hg_uring_count);
} uring_counts SEC(".maps");

static __always_inline void fill_uring_key(struct hg_uring_key *key, struct task_struct *task, __u8 operation) {
  struct task_struct *leader = NULL;
  FIELD(leader, task, group_leader);
  FIELD(key->start, leader, start_boottime);
  key->pid = task->tgid;
  key->operation = operation;
}

static __always_inline void count_request(struct task_struct *task, const struct hg_uring_key *key) {
  struct hg_uring_count *count = bpf_map_lookup_elem(&uring_counts, key);
  if (!count) {
    struct hg_uring_count first = {};
    fill_header(&first.header, 0, task, parent_pid(task));
    bpf_map_update_elem(&uring_counts, key, &first, BPF_NOEXIST);
    count = bpf_map_lookup_elem(&uring_counts, key);
    if (!count) {
      lose(HG_LOST_URING);
      return;
    }
  }
  __sync_fetch_and_add(&count->count, 1);
}

// What a request names: up to two names, and where they start.
struct uring_paths {
  const struct filename *name, *name2;
  __s32 directory, directory2;
};

__noinline int append_filename(struct scratch *s, struct hg_text *text, unsigned long name) {
  const char *address = NULL;
  if (!s || !text) return 0;
  text->size = 0;
  text->flags = HG_TEXT_ABSENT;
  if (!name) return 0;
  FIELD(address, (const struct filename *)name, name);
  append_kernel(s, text, address);
  return 0;
}

static __always_inline void walk_base(
    struct scratch *s, struct hg_walk *to, const struct hg_text *name, __u32 offset, __s32 directory) {
  enum start start = START_DIRECTORY;
  if (name->flags & HG_TEXT_ABSENT) start = START_NOWHERE;
  else if (name->size && offset <= RECORD_LIMIT && s->bytes[offset] == '/') start = START_ROOT;
  unsigned long from = base(s, start, directory);
  if (from) walk(s, to, from);
  else no_walk(to);
}

#define REQUEST(type) ((const struct type *)command)

SEC("?tp_btf/io_uring_submit_req")
int BPF_PROG(uring_submit, struct io_kiocb *request) {
  struct task_struct *task = bpf_get_current_task_btf();
  // A kernel's thread that submits for its process was never forked where anybody sees it.
  struct followed *process = followed(task) ?: followed(task->group_leader);
  if (!process || !is_wanted(task, process)) return 0;
  __u8 operation = 0;
  FIELD(operation, request, opcode);
  __u32 zero = 0, row = HG_CALLS_URING + (operation & (HG_CALLS - HG_CALLS_URING - 1));
  struct hg_call *call = bpf_map_lookup_elem(&calls, &row);
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  if (!call || !s || call->event == HG_CALL_NONE) return 0;
  struct uring_request value = {};
  fill_uring_key(&value.key, task, operation);
  if (call->event == HG_CALL_URING) {
    count_request(task, &value.key);
    return 0;
  }
  const void *command = (void *)request + bpf_core_field_offset(request->cmd);
  struct uring_paths paths = {.directory = AT_FDCWD, .directory2 = AT_FDCWD};
  struct hg_paths *record = &s->paths;
  record->a = 0;
  record->b = 0;
  __u32 slot = 0;
  switch (call->event) {
  case HG_CALL_OPEN:
    FIELD(paths.name, REQUEST(io_open), filename);
    FIELD(paths.directory, REQUEST(io_open), dfd);
    FIELD(record->a, REQUEST(io_open), how.flags);
    FIELD(record->b, REQUEST(io_open), how.mode);
    FIELD(slot, REQUEST(io_open), file_slot);
    break;
  case HG_CALL_LOOKUP:
    FIELD(paths.name, REQUEST(io_statx), filename);
    FIELD(paths.directory, REQUEST(io_statx), dfd);
    break;
  case HG_CALL_UNLINK: {
    __u32 flags = 0;
    FIELD(paths.name, REQUEST(io_unlink), filename);
    FIELD(paths.directory, REQUEST(io_unlink), dfd);
    FIELD(flags, REQUEST(io_unlink), flags);
    record->a = flags;
    break;
  }
  case HG_CALL_MKDIR: {
    __u16 mode = 0;
    FIELD(paths.name, REQUEST(io_mkdir), filename);
    FIELD(paths.directory, REQUEST(io_mkdir), dfd);
    FIELD(mode, REQUEST(io_mkdir), mode);
    record->a = mode;
    break;
  }
  case HG_CALL_RENAME:
    FIELD(paths.name, REQUEST(io_rename), oldpath);
    FIELD(paths.name2, REQUEST(io_rename), newpath);
    FIELD(paths.directory, REQUEST(io_rename), old_dfd);
    FIELD(paths.directory2, REQUEST(io_rename), new_dfd);
    break;
  case HG_CALL_LINK:
    FIELD(paths.name, REQUEST(io_link), oldpath);
    FIELD(paths.name2, REQUEST(io_link), newpath);
    FIELD(paths.directory, REQUEST(io_link), old_dfd);
    FIELD(paths.directory2, REQUEST(io_link), new_dfd);
    break;
  case HG_CALL_SYMLINK:
    // The second name is the link's text.
    FIELD(paths.name, REQUEST(io_link), newpath);
    FIELD(paths.name2, REQUEST(io_link), oldpath);
    FIELD(paths.directory, REQUEST(io_link), new_dfd);
    break;
  default: return 0;
  }
  s->offset = sizeof *record;
  append_filename(s, &record->names[0], (unsigned long)paths.name);
  append_filename(s, &record->names[1], (unsigned long)paths.name2);
  record->text.size = 0;
  record->text.flags = HG_TEXT_ABSENT;
  walk_base(s, &record->walks[0], &record->names[0], sizeof *record, paths.directory);
  if (call->event == HG_CALL_SYMLINK) no_walk(&record->walks[1]);
  else walk_base(s, &record->walks[1], &record->names[1], sizeof *record + record->names[0].size, paths.directory2);
  record->is_resolved = 0;
  record->has_view = 0;
  record->file_mode = 0;
  record->call = row;
  record->event = call->event;
  record->result = (__u64)request;
  if (filters & HG_FILTER_PATH && !has_wanted_path(s)) return 0;
  fill_header(&record->header, HG_RECORD_URING, task, parent_pid(task));
  __u64 key = (__u64)request;
  __u32 flags = 0;
  FIELD(flags, request, flags);
  value.has_descriptor = call->event == HG_CALL_OPEN && !slot;
  value.is_counted = !!(flags & IOSQE_CQE_SKIP_SUCCESS);
  if (value.is_counted) count_request(task, &value.key);
  if (bpf_map_update_elem(&uring_requests, &key, &value, BPF_ANY)) {
    lose(HG_LOST_URING);
    return 0;
  }
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  if (!emit(&record->header, end)) bpf_map_delete_elem(&uring_requests, &key);
  return 0;
}

SEC("?tp_btf/io_uring_complete")
int BPF_PROG(uring_done, void *context, struct io_kiocb *request) {
  __u64 key = (__u64)request;
  struct uring_request *told = bpf_map_lookup_elem(&uring_requests, &key);
  if (!told) return 0;
  struct uring_request value = *told;
  bpf_map_delete_elem(&uring_requests, &key);
  if (value.is_counted) {
    struct hg_uring_count *count = bpf_map_lookup_elem(&uring_counts, &value.key);
    if (count) __sync_fetch_and_add(&count->count, -1);
  }
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&call_scratch, &zero);
  if (!s) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  struct hg_uring_done *record = &s->uring_done;
  __s32 result = 0;
  FIELD(result, request, cqe.res);
  s->offset = sizeof *record;
  record->key = key;
  record->result = result;
  record->file_mode = 0;
  no_walk(&record->walk);
  // The descriptor is the process's; only a thread of it can look.
  if (value.has_descriptor && result >= 0 && (__u32)task->tgid == value.key.pid) {
    struct file *file = descriptor(task, result);
    if (file) LOAD(record->file_mode, file, f_mode);
    __u64 from = as_number(s, file_path(file));
    if (from) walk(s, &record->walk, from);
  }
  fill_header(&record->header, HG_RECORD_URING_DONE, task, parent_pid(task));
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  emit(&record->header, end);
  return 0;
}
