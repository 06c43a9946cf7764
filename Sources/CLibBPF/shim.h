// SPDX-License-Identifier: Apache-2.0
// The one door to libbpf. What its headers do with macros that Swift cannot import stands here as inline functions.
#pragma once
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2): a file in memory, close-on-exec. Returns a descriptor, or -1.
static inline int hg_memfd(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }

/// What bpf(BPF_LINK_CREATE) takes for BPF_TRACE_UPROBE_MULTI (Linux 6.6, commit 89ae89f53d20) and
/// BPF_TRACE_UPROBE_SESSION (Linux 6.13, commit d920179b3d4842): libbpf 1.1 does not know them. The beginning of `union bpf_attr`.
struct hg_uprobe_multi {
  __u32 program, target, attach_type, flags;
  __u64 path, offsets, semaphores, cookies;  // addresses; the last three of `count` words each
  __u32 count, uprobe_flags, pid, unused;
};
_Static_assert(sizeof(struct hg_uprobe_multi) == 64, "union bpf_attr");

enum { HG_TRACE_UPROBE_MULTI = 48, HG_TRACE_UPROBE_SESSION = 57, HG_UPROBE_MULTI_RETURN = 1 };

/// Attaches a program to places of a file; pid 0: of all processes. Returns the link's descriptor (close-on-exec), or -1.
static inline int hg_link_uprobes(int program, __u32 type, const char *path, const __u64 *offsets,
                                  const __u64 *semaphores, const __u64 *cookies, __u32 count, bool is_return, int pid) {
  struct hg_uprobe_multi attributes = {
      .program = (__u32)program,
      .attach_type = type,
      .path = (__u64)(unsigned long)path,
      .offsets = (__u64)(unsigned long)offsets,
      .semaphores = (__u64)(unsigned long)semaphores,
      .cookies = (__u64)(unsigned long)cookies,
      .count = count,
      .uprobe_flags = is_return ? HG_UPROBE_MULTI_RETURN : 0,
      .pid = (__u32)pid,
  };
  return (int)syscall(SYS_bpf, 28 /* BPF_LINK_CREATE */, &attributes, sizeof attributes);
}
