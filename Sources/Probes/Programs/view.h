// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What a process sees differs from what Honeyguide sees behind chroot, in a mount or pid namespace, in a container: what
// else has to be told there.
#pragma once
#include "walk.h"

// Honeyguide's own place: that of the command while it waits at its gate. Kernel addresses, compared and never told.
struct {
  __u64 mount_namespace;
  __u64 root;  // a dentry
  __u64 cgroup;
} home;

static __always_inline void find_home(struct task_struct *task) {
  struct nsproxy *namespaces = NULL;
  struct fs_struct *fs = NULL;
  struct css_set *cgroups = NULL;
  FIELD(namespaces, task, nsproxy);
  FIELD(home.mount_namespace, namespaces, mnt_ns);
  FIELD(fs, task, fs);
  FIELD(home.root, fs, root.dentry);
  FIELD(cgroups, task, cgroups);
  FIELD(home.cgroup, cgroups, dfl_cgrp);
}

// Looks where a task is; gives its state with or without FOLLOWED_ELSEWHERE. Looked at when it begins, and when one of the
// calls that change it has ended: for every path that would cost too much.
static __always_inline __u32 placed(struct task_struct *task, __u32 state) {
  struct nsproxy *namespaces = NULL;
  struct fs_struct *fs = NULL;
  __u64 mounts = 0, root = 0;
  LOAD(namespaces, task, nsproxy);
  LOAD(mounts, namespaces, mnt_ns);
  LOAD(fs, task, fs);
  LOAD(root, fs, root.dentry);
  bool is_elsewhere = home.root && (mounts != home.mount_namespace || root != home.root);
  return is_elsewhere ? state | FOLLOWED_ELSEWHERE : state & ~FOLLOWED_ELSEWHERE;
}

static __always_inline bool has_other_mounts(struct task_struct *task) {
  struct nsproxy *namespaces = NULL;
  __u64 mounts = 0;
  LOAD(namespaces, task, nsproxy);
  LOAD(mounts, namespaces, mnt_ns);
  return mounts != home.mount_namespace;
}

// For whoever has just changed its place.
static __always_inline __u32 place_anew(struct task_struct *task) {
  struct followed *process = followed(task);
  return process ? process->state = placed(task, process->state) : 0;
}

// Appends the path of a dentry within its file system, whatever is mounted where.
static __always_inline void walk_inside(struct scratch *s, struct hg_walk *to, __u32 *device, __u64 address) {
  struct path path = {};
  struct super_block *super = NULL;
  *device = 0;
  READ(path, (void *)address);
  FIELD(super, path.dentry, d_sb);
  FIELD(*device, super, s_dev);
  s->is_inside = 1;
  walk(s, to, address);
  s->is_inside = 0;
}

// Puts a view behind the texts of the scratch's record: of the process's root, and of the places that two paths start at.
__noinline int append_view(struct scratch *s, __u64 root, __u64 first, __u64 second, __u32 has_other_mounts) {
  if (!s) return 0;
  __u32 offset = (s->offset + 7) & ~7u;
  if (offset > RECORD_LIMIT) return 0;
  struct hg_view *view = (void *)s->bytes + offset;
  s->offset = offset + sizeof *view;
  view->has_other_mounts = has_other_mounts;
  view->unused = 0;
  walk(s, &view->root, root);
  walk_inside(s, &view->inside[0], &view->device[0], first);
  walk_inside(s, &view->inside[1], &view->device[1], second);
  return 1;
}

// A process's number in its own pid namespace; 0 where that is the first one.
static __always_inline __u32 inner_pid(struct task_struct *leader) {
  struct pid *pid = NULL;
  __u32 level = 0, number = 0;
  LOAD(pid, leader, thread_pid);
  LOAD(level, pid, level);
  if (!level || level > 32) return 0;
  READ(number, (void *)pid + bpf_core_field_offset(pid->numbers) + level * bpf_core_type_size(struct upid) +
                   bpf_core_field_offset(struct upid, nr));
  return number;
}

// One step up from a cgroup's directory.
static long cgroup_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  struct kernfs_node *node = (void *)s->dentry, *parent = NULL;
  const char *name = NULL;
  if (bpf_core_field_exists(node->__parent)) FIELD(parent, node, __parent);
  else FIELD(parent, (struct kernfs_node___old *)node, parent);
  __u32 offset = s->offset;
  if (!parent || offset > RECORD_LIMIT) return 1;
  FIELD(name, node, name);
  s->bytes[offset] = '/';
  long size = bpf_probe_read_kernel_str(s->bytes + offset + 1, 256, name);
  if (size <= 0) return 1;
  s->offset = offset + (size & 511);
  s->walked += size;
  s->dentry = (void *)parent;
  return 0;
}

// Appends the path of the task's cgroup, leaf first like a walk, where it is another than Honeyguide's.
static __always_inline void append_cgroup(struct scratch *s, struct hg_walk *to, struct task_struct *task) {
  struct css_set *cgroups = NULL;
  struct cgroup *cgroup = NULL;
  struct kernfs_node *node = NULL;
  to->size = 0;
  to->flags = HG_TEXT_ABSENT;
  to->magic = 0;
  to->inode = 0;
  LOAD(cgroups, task, cgroups);
  LOAD(cgroup, cgroups, dfl_cgrp);
  if (!home.root || (__u64)cgroup == home.cgroup) return;
  LOAD(node, cgroup, kn);
  s->dentry = (void *)node;
  s->walked = 0;
  bpf_loop(32, cgroup_step, &s, 0);
  to->size = s->walked;
  to->flags = 0;
}
