// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Processes: who is followed, what they execute, how they end.
#pragma once
#include "scope.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child) {
  struct followed *process = followed(parent);
  bool is_process = child->pid == child->tgid;
  // Attaching, the leader may be marked and this thread not yet.
  if (!process && scope && !is_process) process = followed(child->group_leader);
  if (!process) {
    if (scope && comes_in(child)) arrive(child);
    return 0;
  }
  if (!is_process || !(process->state & FOLLOWED_ALONE)) {
    __u32 state = process->state & (FOLLOWED_EXCLUDED | FOLLOWED_AT_GATE | FOLLOWED_ELSEWHERE | FOLLOWED_ALONE);
    claim(child, is_process ? placed(child, state) : state);
  }
  if (!is_process || filters & HG_FILTER_PROCESSES || !is_wanted(parent, process)) return 0;

  struct hg_fork record = {};
  fill_header(&record.header, HG_RECORD_FORK, parent, parent_pid(parent));
  record.header.size = sizeof record;
  record.child_pid = child->tgid;
  record.child_start = child->start_boottime;
  record.inner_pid = inner_pid(child);
  emit(&record.header, sizeof record);
  return 0;
}

// Arguments that do not fit into the scratch space go ahead in a record of their own. A reservation must have a
// constant size, hence the classes.
#define ARGUMENTS_CLASS(room)                                                                   \
  if (kept <= (room)) {                                                                         \
    struct hg_arguments *record = bpf_ringbuf_reserve(&events, sizeof(*record) + (room), 0);     \
    if (!record) {                                                                              \
      lose(HG_LOST_RING);                                                                       \
      return HG_EXEC_ARGUMENTS_LOST;                                                            \
    }                                                                                           \
    __builtin_memcpy(&record->header, header, sizeof *header);                                  \
    record->header.type = type;                                                                 \
    record->header.size = sizeof(*record) + (room);                                             \
    record->kept = kept;                                                                        \
    record->is_cut = size > kept;                                                               \
    long error = bpf_probe_read_user(record + 1, kept, (void *)start);                          \
    if (error)                                                                                  \
      bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);                                            \
    else                                                                                        \
      bpf_ringbuf_submit(record, wake_flag(header->time));                                                  \
    return error ? HG_EXEC_ARGUMENTS_UNREADABLE : HG_EXEC_ARGUMENTS_APART;                      \
  }

enum { ARGUMENTS_INLINE = 4000, ARGUMENTS_LIMIT = 256 * 1024 };

static __noinline __u32 emit_arguments(struct hg_header *header, __u32 type, __u64 start, __u64 size) {
  if (!header) return HG_EXEC_ARGUMENTS_LOST;
  __u64 kept = size < ARGUMENTS_LIMIT ? size : ARGUMENTS_LIMIT;
  if (type == HG_RECORD_ENVIRONMENT) {
    ARGUMENTS_CLASS(4 * 1024)
  }
  ARGUMENTS_CLASS(16 * 1024)
  ARGUMENTS_CLASS(64 * 1024)
  ARGUMENTS_CLASS(ARGUMENTS_LIMIT)
  return HG_EXEC_ARGUMENTS_LOST;
}

// Where a process's executable lies, where it is, and what it has for its standard files.
static __always_inline void append_places(
    struct scratch *s, struct hg_exec *record, struct task_struct *task, struct file *exe) {
  walk(s, &record->walks[HG_EXEC_EXE], as_number(s, file_path(exe)));
  walk(s, &record->walks[HG_EXEC_CWD], as_number(s, working_directory(task)));
  walk(s, &record->walks[HG_EXEC_STDIN], as_number(s, file_path(descriptor(task, 0))));
  walk(s, &record->walks[HG_EXEC_STDOUT], as_number(s, file_path(descriptor(task, 1))));
  walk(s, &record->walks[HG_EXEC_STDERR], as_number(s, file_path(descriptor(task, 2))));
  append_cgroup(s, &record->cgroup, task);
}

// Whether the environment given at each exec is told.
const volatile __u32 tells_environment = 0;

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary) {
  struct followed *process = followed(task);
  // What a kernel thread starts (modprobe, core dump handlers) is no kernel thread any more.
  if (!process && scope == HG_SCOPE_ALL && comes_in(task)) process = claim(task, placed(task, 0));
  if (!process && scope && old_pid != task->pid) {
    __u32 *state = former_leader(task);
    if (state) process = claim(task, *state);
  }
  if (!process) return 0;
  if (process->state & FOLLOWED_AT_GATE) find_home(task);
  process->state &= FOLLOWED_ELSEWHERE | FOLLOWED_ALONE;
  if (filters & HG_FILTER_PROCESSES && !(filters & HG_FILTER_EXE)) return 0;
  __u32 zero = 0;
  struct scratch *s = bpf_map_lookup_elem(&exec_scratch, &zero);
  if (!s) {
    lose(HG_LOST_INTERNAL);
    return 0;
  }
  struct hg_exec *record = &s->exec;
  const struct cred *cred = NULL;
  struct mm_struct *mm = NULL;
  struct file *exe = NULL;
  LOAD(cred, task, cred);
  LOAD(mm, task, mm);
  LOAD(exe, mm, exe_file);
  if (filters & HG_FILTER_EXE) {
    s->offset = sizeof *record;
    walk(s, &record->walks[HG_EXEC_EXE], as_number(s, file_path(exe)));
    if (!is_wanted_exe(s, &record->walks[HG_EXEC_EXE], sizeof *record)) process->state |= FOLLOWED_EXCLUDED;
  }
  if (filters & HG_FILTER_PROCESSES || !is_wanted(task, process)) return 0;
  fill_header(&record->header, HG_RECORD_EXEC, task, parent_pid(task));
  s->offset = sizeof *record;
  LOAD(record->gid, cred, gid.val);
  LOAD(record->euid, cred, euid.val);
  LOAD(record->egid, cred, egid.val);
  record->flags = 0;
  record->inner_pid = inner_pid(task);

  const char *filename = NULL, *interpreter = NULL;
  LOAD(filename, binary, filename);
  LOAD(interpreter, binary, interp);
  append_kernel(s, &record->filename, filename);
  record->interpreter.size = 0;
  record->interpreter.flags = HG_TEXT_ABSENT;
  if (interpreter != filename) append_kernel(s, &record->interpreter, interpreter);

  __u64 start = 0, size = 0;
  LOAD(start, mm, arg_start);
  LOAD(size, mm, arg_end);
  size -= start;
  record->arguments_size = size;
  record->arguments_kept = 0;
  if (size <= ARGUMENTS_INLINE) {
    __u32 offset = s->offset;
    if (offset <= RECORD_LIMIT) {
      if (bpf_probe_read_user(s->bytes + offset, size, (void *)start)) {
        record->flags = HG_EXEC_ARGUMENTS_UNREADABLE;
      } else {
        record->arguments_kept = size;
        s->offset = offset + size;
      }
    }
  } else {
    __u64 kept = size < ARGUMENTS_LIMIT ? size : ARGUMENTS_LIMIT;
    record->flags = emit_arguments(&record->header, HG_RECORD_ARGUMENTS, start, size);
    if (record->flags == HG_EXEC_ARGUMENTS_APART) record->arguments_kept = kept;
  }

  if (tells_environment) {
    LOAD(start, mm, env_start);
    LOAD(size, mm, env_end);
    size -= start;
    __u32 result = emit_arguments(&record->header, HG_RECORD_ENVIRONMENT, start, size);
    if (result == HG_EXEC_ARGUMENTS_APART) record->flags |= HG_EXEC_ENVIRONMENT_APART;
    if (result == HG_EXEC_ARGUMENTS_UNREADABLE) record->flags |= HG_EXEC_ENVIRONMENT_UNREADABLE;
  }

  append_places(s, record, task, exe);

  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  emit(&record->header, end);
  return 0;
}

// Adds what a thread took of the processors; those that ended before are in the group's sums.
static __always_inline void add_thread(struct hg_exit *record, struct task_struct *task) {
  __u64 user = 0, system = 0, runtime = 0;
  FIELD(user, task, utime);
  FIELD(system, task, stime);
  FIELD(runtime, task, se.sum_exec_runtime);
  record->user += user;
  record->system += system;
  record->runtime += runtime;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task) {
  struct signal_struct *group = NULL;
  atomic_t alive = {1};
  LOAD(group, task, signal);
  FIELD(alive, group, live);
  if (alive.counter != 0) {
    struct followed *leader = scope && task->pid == task->tgid ? followed(task) : NULL;
    if (leader) remember_leader(task, leader->state);
    return 0;
  }
  struct task_struct *leader = task->group_leader;
  struct followed *process = followed(leader), *thread = followed(task) ?: process;
  if (!thread) return 0;
  // Two threads that end at once both see that none is alive: the leader remembers whether it was told.
  if (process) {
    if (__sync_fetch_and_or(&process->marks, FOLLOWED_GONE) & FOLLOWED_GONE) return 0;
    count_alive(-1);
  }
  if (filters & HG_FILTER_PROCESSES || !is_wanted(task, thread)) return 0;

  struct hg_exit record = {};
  fill_header(&record.header, HG_RECORD_EXIT, task, parent_pid(task));
  record.header.size = sizeof record;
  __u32 flags = 0;
  FIELD(flags, group, flags);
  if (flags & SIGNAL_GROUP_EXIT) FIELD(record.status, group, group_exit_code);
  else FIELD(record.status, leader, exit_code);
  FIELD(record.user, group, utime);
  FIELD(record.system, group, stime);
  FIELD(record.runtime, group, sum_sched_runtime);
  FIELD(record.max_rss, group, maxrss);
  add_thread(&record, leader);
  if (leader != task) add_thread(&record, task);
  emit(&record.header, sizeof record);
  return 0;
}
