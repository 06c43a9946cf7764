// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What every program shares: the ring, who is followed, what was lost.
#pragma once
#include "events.h"
#include "loads.h"

// Sizes are set before loading: see Sources/Probes/Session.
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 16 << 20);
} events SEC(".maps");

enum followed_state {
  FOLLOWED_EXCLUDED = 1,  // its executable is none of those that are wanted
  FOLLOWED_AT_GATE = 2,   // the command, which is still Honeyguide itself
  FOLLOWED_ELSEWHERE = 4, // its root or its mounts are others than Honeyguide's
  FOLLOWED_ALONE = 8,     // its threads are followed, its children are not
  FOLLOWED_EXISTING = 16, // it was there before it was followed, and is to be described
  FOLLOWED_ROUND = 256,   // in units of this: the round in which that is done
};

enum followed_mark {
  FOLLOWED_CLAIMED = 1,  // its state is set; of a group's leader: the process was counted
  FOLLOWED_GONE = 2,     // of a group's leader: the end of the whole process was told, and counted
};

// Who is followed: the tasks that have a value here. Children inherit it at fork; it goes with its task.
struct followed {
  __u32 marks;  // enum followed_mark
  __u32 state;  // enum followed_state
  __u64 connecting;   // the TCP socket that its call of connect has begun to connect, or 0
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct followed);
} tasks SEC(".maps");

// How many processes (not threads) are followed and have not ended. Exact whatever the ring loses.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} alive SEC(".maps");

static __always_inline void count_alive(__s64 change) {
  __u32 zero = 0;
  __u64 *count = bpf_map_lookup_elem(&alive, &zero);
  if (count) __sync_fetch_and_add(count, change);
}

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, HG_LOSSES);
  __type(key, __u32);
  __type(value, __u64);
} losses SEC(".maps");

// The reader is woken when more than this waits in the ring; otherwise it looks by itself.
const volatile __u64 wake_at = 1 << 20;

static __always_inline void lose(__u32 reason) {
  __u64 *count = bpf_map_lookup_elem(&losses, &reason);
  // A softirq may lose something in the middle of this.
  if (count) __sync_fetch_and_add(count, 1);
}

static __always_inline struct followed *followed(struct task_struct *task) {
  return bpf_task_storage_get(&tasks, task, 0, 0);
}

// Whether a task has no storage of any map, and so is not followed: most of a machine have none, and where a load tells
// that, they are spared a call.
static __always_inline bool is_unmarked(struct task_struct *task) {
  struct bpf_local_storage *storage = NULL;
  if (!has_cast) return false;
  LOAD(storage, task, bpf_storage);
  return !storage;
}

// Who is followed besides those that they start: enum hg_scope. 0 for a command; then nothing of attaching is there.
const volatile __u32 scope = 0;

// Processes whose leader was followed and has ended before another thread: that thread may execute a program and become
// the leader, and an iterator may not have met it yet.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64[2]);
  __type(value, __u32);
} led SEC(".maps");

static __always_inline void remember_leader(struct task_struct *leader, __u32 state) {
  __u64 key[2] = {leader->tgid, leader->start_boottime};
  bpf_map_update_elem(&led, key, &state, BPF_ANY);
}

// The state of the leader whose place a task has taken; NULL where it took none.
static __always_inline __u32 *former_leader(struct task_struct *task) {
  __u64 key[2] = {task->tgid, task->start_boottime};
  return bpf_map_lookup_elem(&led, key);
}

// Marks a task as followed, and counts its process; where somebody else was first (the hook on its fork, or an iterator
// that met it), it stays as it is. NULL where there is no memory. Whoever marks a thread marks its leader before: a thread
// that executes takes the leader's place, and the process stays counted.
static __always_inline struct followed *claim(struct task_struct *task, __u32 state) {
  // Whoever gives a task its first value of any map at the same time, on another processor, makes this fail: once.
  struct followed *fresh = NULL;
  for (int i = 0; i < 3 && !fresh; i++) fresh = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!fresh) {
    lose(HG_LOST_FOLLOW);
    return NULL;
  }
  if (__sync_fetch_and_or(&fresh->marks, FOLLOWED_CLAIMED) & FOLLOWED_CLAIMED) return fresh;
  fresh->state = state;
  if (task->pid == task->tgid && !(scope && former_leader(task))) count_alive(1);
  return fresh;
}

// Asked for one event in eight: `time` is any number that changes from event to event.
static __always_inline __u64 wake_flag(__u64 time) {
  if (time & 7) return BPF_RB_NO_WAKEUP;
  return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > wake_at ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

// Writes a finished record; its header must already tell its size.
static __always_inline bool emit(struct hg_header *record, __u64 size) {
  if (!bpf_ringbuf_output(&events, record, size, wake_flag(record->time))) return true;
  lose(HG_LOST_RING);
  return false;
}

static __always_inline __u32 parent_pid(struct task_struct *task) {
  struct task_struct *parent = NULL;
  __u32 pid = 0;
  LOAD(parent, task, real_parent);
  LOAD(pid, parent, tgid);
  return pid;
}

// As the initial user namespace numbers it.
static __always_inline __u32 real_uid(struct task_struct *task) {
  const struct cred *cred = NULL;
  __u32 uid = 0;
  LOAD(cred, task, cred);
  LOAD(uid, cred, uid.val);
  return uid;
}

static __always_inline void fill_header(struct hg_header *header, __u32 type, struct task_struct *task, __u32 ppid) {
  header->type = type;
  header->time = bpf_ktime_get_boot_ns();
  header->pid = task->tgid;
  header->tid = task->pid;
  header->start = task->start_boottime;
  header->ppid = ppid;
  header->uid = real_uid(task);
  if (header->tid != header->pid) {
    struct task_struct *leader = NULL;
    LOAD(leader, task, group_leader);
    LOAD(header->start, leader, start_boottime);
  }
  // A text of sixteen bytes, as two words.
  const __u64 *comm = (const void *)task->comm;
  __u64 *to = (void *)header->comm;
  to[0] = comm[0];
  to[1] = comm[1];
}
