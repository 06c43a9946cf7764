// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Whom `honeyguide attach` follows, besides those that they start. For `run` none of this is there: the constants are
// known when the kernel verifies the programs.
#pragma once
#include "existing_events.h"
#include "filters.h"
#include "view.h"

const volatile __u32 follows_children = 0;
const volatile __u64 wanted_cgroup = 0;  // the number of its directory

// The processes that --process names: set by their descriptors, so that a number that is used again means nobody else.
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u32);
} chosen SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct hg_attaching);
} attaching SEC(".maps");

static __always_inline struct hg_attaching *attaching_state(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&attaching, &zero);
}

struct cgroup_search {
  struct cgroup *cgroup;
  bool is_found;
};

static long search_step(__u32 step, struct cgroup_search *search) {
  struct kernfs_node *node = NULL;
  struct cgroup_subsys_state *parent = NULL;
  __u64 id = 0;
  FIELD(node, search->cgroup, kn);
  FIELD(id, node, id);
  if (id == wanted_cgroup) {
    search->is_found = true;
    return 1;
  }
  FIELD(parent, search->cgroup, self.parent);
  if (!parent) return 1;
  search->cgroup = (void *)parent - bpf_core_field_offset(struct cgroup, self);
  return 0;
}

// Whether a task is in the wanted control group (of version 2) or below it.
static __always_inline bool is_in_cgroup(struct task_struct *task) {
  struct css_set *groups = NULL;
  struct cgroup_search search = {};
  FIELD(groups, task, cgroups);
  FIELD(search.cgroup, groups, dfl_cgrp);
  // There may be 2^31 levels; nobody has had a thousand.
  bpf_loop(1024, search_step, &search, 0);
  return search.is_found;
}

// Whether a task is to be followed though nobody whom it descends from is.
static __always_inline bool comes_in(struct task_struct *task) {
  // The process decides, where its threads are in groups of their own.
  if (scope == HG_SCOPE_CGROUP) return is_in_cgroup(task->group_leader);
  if (scope != HG_SCOPE_ALL || task->flags & PF_KTHREAD) return false;
  struct hg_attaching *state = attaching_state();
  // Not known yet: the iterator, which knows, will meet it.
  return state && state->own && (__u32)task->tgid != state->own;
}

// Follows a task that comes from elsewhere, and asks for it to be described.
static __always_inline void arrive(struct task_struct *task) {
  struct hg_attaching *state = attaching_state();
  if (!state || !claim(task, placed(task, FOLLOWED_EXISTING | state->round * FOLLOWED_ROUND))) return;
  __sync_fetch_and_add(&state->met, 1);
  if (task->pid != task->tgid) return;
  struct hg_header record = {};
  record.type = HG_RECORD_ARRIVAL;
  record.size = sizeof record;
  record.time = bpf_ktime_get_boot_ns();
  record.pid = task->tgid;
  if (bpf_ringbuf_output(&events, &record, sizeof record, BPF_RB_FORCE_WAKEUP)) lose(HG_LOST_RING);
}

static __always_inline struct followed *claim_with_leader(struct task_struct *task) {
  if (task->pid == task->tgid) return NULL;
  struct followed *leader = followed(task->group_leader);
  return leader ? claim(task, leader->state & (FOLLOWED_EXCLUDED | FOLLOWED_ELSEWHERE)) : NULL;
}
