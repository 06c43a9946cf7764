// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What was there before: iterators that mark who is to be followed, and describe processes and what they have open.
// Only `honeyguide attach` loads them.
#pragma once
#include "existing_events.h"
#include "processes.h"
#include "sockets.h"

// Iterators can be interrupted by any hook, and one alone runs at a time.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} existing_scratch SEC(".maps");

static __always_inline bool belongs(struct task_struct *task) {
  if (task->flags & PF_KTHREAD) return false;
  struct task_struct *leader = task->group_leader;
  if (leader != task && followed(leader)) return true;
  if (scope != HG_SCOPE_PROCESSES) return comes_in(task);
  if (bpf_task_storage_get(&chosen, leader, 0, 0)) return true;
  return follows_children && followed(task->real_parent);
}

static __always_inline struct file *executable(struct task_struct *task) {
  struct mm_struct *mm = NULL;
  struct file *exe = NULL;
  FIELD(mm, task, mm);
  FIELD(exe, mm, exe_file);
  return exe;
}

static __always_inline bool has_ended(struct task_struct *task) {
  struct signal_struct *group = NULL;
  atomic_t alive = {1};
  FIELD(group, task, signal);
  FIELD(alive, group, live);
  return alive.counter == 0;
}

// Run until it meets nobody new: someone it has passed may have been started by someone it had yet to meet.
SEC("?iter/task")
int mark_task(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  struct hg_attaching *state = attaching_state();
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&existing_scratch, &zero);
  if (!task || !state || !s) return 0;
  if (!state->own) {
    find_home(bpf_get_current_task_btf());
    state->own = bpf_get_current_pid_tgid() >> 32;
  }
  struct followed *process = followed(task);
  if (!process) {
    if (!belongs(task)) return 0;
    __u32 marks = placed(task, FOLLOWED_EXISTING | state->round * FOLLOWED_ROUND);
    if (scope == HG_SCOPE_PROCESSES && !follows_children) marks |= FOLLOWED_ALONE;
    if (filters & HG_FILTER_EXE) {
      s->offset = sizeof s->exec;
      walk(s, &s->exec.walks[HG_EXEC_EXE], as_number(s, file_path(executable(task))));
      if (!is_wanted_exe(s, &s->exec.walks[HG_EXEC_EXE], sizeof s->exec)) marks |= FOLLOWED_EXCLUDED;
    }
    if (task->pid != task->tgid && !claim(task->group_leader, marks)) return 0;
    process = claim(task, marks);
    if (!process) return 0;
    __sync_fetch_and_add(&state->met, 1);
  }
  if (task->pid != task->tgid) return 0;
  // Nobody will tell the end of what has ended already.
  const bool ended = has_ended(task);
  if (!ended && task->flags & PF_EXITING) remember_leader(task, process->state);
  if (ended && !(__sync_fetch_and_or(&process->marks, FOLLOWED_GONE) & FOLLOWED_GONE)) count_alive(-1);
  return 0;
}

static __always_inline bool is_to_be_told(const struct followed *process) {
  struct hg_attaching *state = attaching_state();
  return state && process->state & FOLLOWED_EXISTING && process->state / FOLLOWED_ROUND == state->telling;
}

static __always_inline __u32 user_of(struct task_struct *task) {
  const struct cred *cred = NULL;
  __u32 uid = 0;
  FIELD(cred, task, cred);
  FIELD(uid, cred, uid);
  return uid;
}

// As is_wanted, of a task that is not the current one.
static __always_inline bool is_wanted_other(struct task_struct *task, const struct followed *process) {
  if (filters & HG_FILTER_EXE && process->state & FOLLOWED_EXCLUDED) return false;
  return is_wanted_user(user_of(task)) && is_wanted_name(task);
}

static __always_inline void fill_other_header(struct hg_header *header, __u32 type, struct task_struct *task) {
  fill_header(header, type, task, parent_pid(task));
  header->uid = user_of(task);
}

// The arguments that are kept; the record has to fit into what a read of the iterator gives.
enum { EXISTING_ARGUMENTS = 12 * 1024 };

static __always_inline int tell_existing(struct bpf_iter__task *ctx, bool can_read) {
  struct task_struct *task = ctx->task;
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&existing_scratch, &zero);
  if (!task || !s || task->pid != task->tgid) return 0;
  struct followed *process = followed(task);
  // Its end was told meanwhile, or nobody saw it.
  if (!process || !is_to_be_told(process) || process->marks & FOLLOWED_GONE) return 0;
  struct hg_exec *record = &s->exec;
  const struct cred *cred = NULL;
  struct mm_struct *mm = NULL;
  FIELD(cred, task, cred);
  FIELD(mm, task, mm);
  // It has ended.
  if (!mm || !is_wanted_other(task, process)) return 0;
  fill_other_header(&record->header, HG_RECORD_EXISTING, task);
  s->offset = sizeof *record;
  FIELD(record->gid, cred, gid);
  FIELD(record->euid, cred, euid);
  FIELD(record->egid, cred, egid);
  record->flags = 0;
  record->inner_pid = inner_pid(task);
  record->filename.size = 0;
  record->filename.flags = HG_TEXT_ABSENT;
  record->interpreter = record->filename;

  __u64 start = 0, size = 0;
  FIELD(start, mm, arg_start);
  FIELD(size, mm, arg_end);
  size -= start;
  record->arguments_size = size;
  record->arguments_kept = 0;
  if (size > EXISTING_ARGUMENTS) size = EXISTING_ARGUMENTS;
  long error = -1;
  if (can_read) error = size ? bpf_copy_from_user_task(s->bytes + sizeof *record, size, (void *)start, task, 0) : 0;
  if (error) {
    record->flags = HG_EXEC_ARGUMENTS_UNREADABLE;
  } else {
    record->arguments_kept = size;
    s->offset = sizeof *record + size;
  }

  append_places(s, record, task, executable(task));
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  bpf_seq_write(ctx->meta->seq, record, end);
  return 0;
}

// Sleepable, since another process's memory may have to be fetched from the disk.
SEC("?iter.s/task")
int tell_process(struct bpf_iter__task *ctx) { return tell_existing(ctx, true); }

// For kernels that cannot read it (before Linux 5.18).
SEC("?iter/task")
int tell_process_unread(struct bpf_iter__task *ctx) { return tell_existing(ctx, false); }

const volatile __u32 tells_files = 0, tells_sockets = 0;

static __always_inline int tell_socket(
    struct bpf_iter__task_file *ctx, struct scratch *s, struct task_struct *task, struct file *file, unsigned long socket) {
  struct hg_socket *record = &s->socket;
  struct inode *inode = NULL;
  unsigned long number = 0;
  __u32 flags = 0;
  __u8 state = 0;
  begin_call(s, socket, HG_CALL_EXISTING, 0);
  fill_other_header(&record->header, HG_RECORD_EXISTING_SOCKET, task);
  FIELD(flags, file, f_flags);
  FIELD(inode, file, f_inode);
  FIELD(number, inode, i_ino);
  FIELD(state, (struct sock *)socket, __sk_common.skc_state);
  record->number = ctx->fd;
  record->sent = flags;
  record->received = number;
  record->call = state;
  s->offset = sizeof *record;
  read_endpoints(record, socket);
  if (record->family == AF_UNIX) {
    append_bound(s, socket);
    __u32 size = record->address.size;
    if (size > SOCKADDR_LIMIT) return 0;
    s->offset = ADDRESS_OFFSET + size;
    if (size > 2 && s->bytes[ADDRESS_OFFSET + 2]) {
      walk(s, &record->walk, socket + bpf_core_field_offset(struct unix_sock, path));
      record->flags |= HG_SOCKET_RESOLVED;
    }
  }
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  bpf_seq_write(ctx->meta->seq, record, end);
  return 0;
}

SEC("?iter/task_file")
int tell_file(struct bpf_iter__task_file *ctx) {
  struct task_struct *task = ctx->task;
  struct file *file = ctx->file;
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&existing_scratch, &zero);
  if (!task || !file || !s) return 0;
  struct followed *process = followed(task);
  // What a process that has ended still has open is on its way out.
  if (!process || !is_to_be_told(process) || has_ended(task) || !is_wanted_other(task, process)) return 0;
  // As a number: the verifier lets no pointer that it knows be taken for one.
  struct file *number = NULL;
  READ(number, &file);
  unsigned long socket = socket_of(s, (unsigned long)number);
  if (socket) return tells_sockets ? tell_socket(ctx, s, task, file, socket) : 0;
  if (!tells_files) return 0;
  struct inode *inode = NULL;
  __u16 mode = 0;
  __u32 flags = 0;
  struct hg_existing_file *record = &s->existing_file;
  FIELD(inode, file, f_inode);
  FIELD(mode, inode, i_mode);
  FIELD(flags, file, f_flags);
  fill_other_header(&record->header, HG_RECORD_EXISTING_FILE, task);
  FIELD(record->position, file, f_pos);
  record->number = ctx->fd;
  record->flags = flags;
  record->mode = mode;
  record->unused = 0;
  s->offset = sizeof *record;
  walk(s, &record->walk, as_number(s, file_path(number)));
  if (filters & HG_FILTER_PATH && !is_wanted_path(s, &record->walk, sizeof *record, NULL, 0)) return 0;
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  bpf_seq_write(ctx->meta->seq, record, end);
  return 0;
}

// A process that is moved into the control group, or a thread of it.
SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_moved, struct cgroup *to, const char *path, struct task_struct *task) {
  if (!followed(task) && comes_in(task)) arrive(task);
  return 0;
}
