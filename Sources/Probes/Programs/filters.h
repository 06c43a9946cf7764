// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What the options leave out, before it takes room in the ring. Where an option is not given, its code is none: the
// constants are known when the kernel verifies the programs.
#pragma once
#include "walk.h"

const volatile __u64 filters = 0;  // enum hg_filter

// Beginnings of paths: the longest that fits decides. Values are enum hg_verdict.
struct prefix_key {
  __u32 bits;
  __u8 text[HG_PREFIX_LIMIT];
};
struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, HG_FILTER_ENTRIES);
  __type(key, struct prefix_key);
  __type(value, __u8);
} path_prefixes SEC(".maps"), exe_prefixes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, HG_FILTER_ENTRIES);
  __type(key, __u32);
  __type(value, __u8);
} wanted_uids SEC(".maps");

struct comm_key {
  char text[16];
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, HG_FILTER_ENTRIES);
  __type(key, struct comm_key);
  __type(value, __u8);
} wanted_comms SEC(".maps");

// The beginning of a path, root first. The text may run over, by one name.
struct forward {
  __u32 bits;
  __u8 text[2 * HG_PREFIX_LIMIT];
  __u32 size;
  __u32 start;  // of what is being read, in the scratch's record
  __u32 end;
  __u32 state;  // enum name_state
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct forward);
} forward_scratch SEC(".maps");

struct forward_step {
  struct scratch *scratch;
  struct forward *forward;
};

// Looks at one byte of a walk, which has the leaf first, from its end; copies a name when it has met its slash.
static long forward_walk_step(__u32 step, struct forward_step *context) {
  struct scratch *s = context->scratch;
  struct forward *f = context->forward;
  __u32 place = f->end - 1 - step, stop = f->start;
  if (place < stop || place > RECORD_LIMIT + TEXT_LIMIT || f->size >= HG_PREFIX_LIMIT) return 1;
  if (s->bytes[place] != '/') return 0;
  // What was copied last began at `state`.
  __u32 size = f->state - place, to = f->size & (HG_PREFIX_LIMIT - 1);
  f->state = place;
  if (size > HG_PREFIX_LIMIT) return 1;
  if (size && bpf_probe_read_kernel(f->text + to, size, s->bytes + place)) return 1;
  f->size += size;
  return 0;
}

// In a name: where a part begins, behind a dot that may be all of a part, inside a part.
enum name_state { NAME_START, NAME_DOT, NAME_INSIDE };

static __always_inline void forward_byte(struct forward *f, __u8 byte) {
  f->text[f->size & (2 * HG_PREFIX_LIMIT - 1)] = byte;
  f->size++;
}

// Appends one byte of a name as it was asked for, without empty parts and ".": as the decoder joins it.
static long forward_name_step(__u32 step, struct forward_step *context) {
  struct scratch *s = context->scratch;
  struct forward *f = context->forward;
  __u32 place = f->start + step;
  if (place > RECORD_LIMIT + TEXT_LIMIT || f->size >= HG_PREFIX_LIMIT) return 1;
  __u8 byte = s->bytes[place];
  if (byte == '/') {
    f->state = NAME_START;
  } else if (byte == '.' && f->state == NAME_START) {
    f->state = NAME_DOT;
  } else {
    if (f->state != NAME_INSIDE) forward_byte(f, '/');
    if (f->state == NAME_DOT) forward_byte(f, '.');
    f->state = NAME_INSIDE;
    forward_byte(f, byte);
  }
  return 0;
}

// Begins a path with a walk of `walked` bytes at an offset of the scratch's record.
__noinline int put_walk(struct scratch *s, struct forward *f, __u32 offset, __u32 walked) {
  if (!s || !f) return 0;
  struct forward_step context = {s, f};
  f->size = 0;
  f->start = offset;
  f->end = offset + walked;
  f->state = f->end;
  bpf_loop(walked & 0x1fff, forward_walk_step, &context, 0);
  return 0;
}

// Goes on with a name of `size` bytes.
__noinline int put_name(struct scratch *s, struct forward *f, __u32 offset, __u32 size) {
  if (!s || !f) return 0;
  struct forward_step context = {s, f};
  f->start = offset;
  f->state = NAME_START;
  bpf_loop(size & 0x1fff, forward_name_step, &context, 0);
  return 0;
}

// What the prefixes of a map say of it; NULL where none fits.
static __always_inline __u8 *verdict(struct forward *f, void *prefixes) {
  if (!f->size) forward_byte(f, '/');
  f->bits = 8 * (f->size < HG_PREFIX_LIMIT ? f->size : HG_PREFIX_LIMIT);
  return bpf_map_lookup_elem(prefixes, f);
}

static __always_inline bool is_wanted_path(
    struct scratch *s, const struct hg_walk *walk, __u32 walk_offset, const struct hg_text *name, __u32 name_offset) {
  __u32 zero = 0;
  struct forward *f = bpf_map_lookup_elem(&forward_scratch, &zero);
  if (!f) return true;
  // What is not known is not left out.
  if (walk->flags & (HG_TEXT_ABSENT | HG_TEXT_TRUNCATED | HG_TEXT_UNREADABLE)) return true;
  if (name && name->flags & HG_TEXT_UNREADABLE) return true;
  bool is_open = !(filters & HG_FILTER_PATH_INCLUDED);
  // Pipes and their like lie below no directory.
  if (walk->flags & HG_TEXT_PSEUDO) return is_open;
  put_walk(s, f, walk_offset, walk->size);
  if (name) put_name(s, f, name_offset, name->size);
  __u8 *found = verdict(f, &path_prefixes);
  return found ? *found == HG_VERDICT_TOLD : is_open;
}

// The walk to an executable, at an offset in the scratch's record.
static __always_inline bool is_wanted_exe(struct scratch *s, const struct hg_walk *walk, __u32 offset) {
  __u32 zero = 0;
  struct forward *f = bpf_map_lookup_elem(&forward_scratch, &zero);
  if (!f || walk->flags & (HG_TEXT_ABSENT | HG_TEXT_TRUNCATED | HG_TEXT_UNREADABLE)) return true;
  put_walk(s, f, offset, walk->size);
  return verdict(f, &exe_prefixes) != NULL;
}

static __always_inline bool is_wanted_user(__u32 uid) {
  return !(filters & HG_FILTER_UID) || bpf_map_lookup_elem(&wanted_uids, &uid);
}

static __always_inline bool is_wanted_name(struct task_struct *task) {
  if (!(filters & HG_FILTER_COMM)) return true;
  struct comm_key key = {};
  // As a string: what stands behind its end is of an earlier name.
  bpf_probe_read_kernel_str(key.text, sizeof key.text, (void *)task + bpf_core_field_offset(*task, comm));
  return bpf_map_lookup_elem(&wanted_comms, &key);
}

// Whether what a followed task does now is told. `task` is the current one.
static __always_inline bool is_wanted(struct task_struct *task, const struct followed *process) {
  if (filters & HG_FILTER_EXE && process->state & FOLLOWED_EXCLUDED) return false;
  if (filters & HG_FILTER_UID && !is_wanted_user(bpf_get_current_uid_gid())) return false;
  return is_wanted_name(task);
}
