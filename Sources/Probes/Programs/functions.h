// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Functions of Python programs, seen from outside: which one a code object is of. Calls are added up here, and a function is told
// once, when it is called for the first time.
#pragma once
#include "variables.h"

// By the cookie of the uprobe.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, HG_INTERPRETERS);
  __type(key, __u32);
  __type(value, struct hg_interpreter);
} interpreters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 262144);
  __type(key, struct hg_function_key);
  __type(value, struct hg_function_count);
} function_counts SEC(".maps");

#define READ_USER(to, from) bpf_probe_read_user(&(to), sizeof(to), (const void *)(from))

// A text as Python holds it.
struct python_text {
  __u64 data;
  __u64 hash;  // Python's own, all ones where it has not asked for it yet
  __u32 size;  // in bytes
  __u32 kind;  // enum hg_text_kind
};

static __always_inline bool find_text(struct python_text *text, __u64 object, const struct hg_interpreter *interpreter) {
  struct {
    __u64 length, hash;
    __u32 state, unused;
  } head;
  text->size = 0;
  text->kind = HG_TEXT_BYTES;
  text->data = text->hash = 0;
  if (!object || READ_USER(head, object + 16)) return false;
  text->hash = head.hash;
  __u32 kind = 1;
  if (interpreter->flags & HG_INTERPRETER_BYTES) {
    text->data = object + 36;
  } else {
    kind = head.state >> 2 & 7;
    // One whose characters stand elsewhere: no name of a code object is.
    if (!kind || !(head.state & 1 << 5)) return false;
    text->kind = kind;
    text->data = object + (head.state & 1 << 6 ? 48 : 72);
  }
  text->size = head.length > TEXT_LIMIT ? TEXT_LIMIT * 4 : head.length * kind;
  return true;
}

// A number that is below a power of two, in a way that the compiler cannot take for needless: the verifier does not.
static __always_inline __u32 bounded(__u32 number, __u32 power) {
  asm volatile("" : "+r"(number));
  return number & (power - 1);
}

// Appends a text as it is in memory.
static __noinline int append_text(struct scratch *s, struct hg_text *to, const struct python_text *text) {
  __u32 offset = s->offset, size = text->size, limit = TEXT_LIMIT - 8;
  to->size = 0;
  to->flags = HG_TEXT_UNREADABLE;
  if (!text->data || offset > RECORD_LIMIT) return 0;
  bool is_cut = size > limit;
  if (is_cut) size = limit;
  size = bounded(size, TEXT_LIMIT);
  if (bpf_probe_read_user(s->bytes + offset, size, (const void *)text->data)) return 0;
  to->size = size;
  to->flags = is_cut ? HG_TEXT_TRUNCATED : 0;
  s->offset = offset + size;
  return 0;
}

enum { HASHED_AT_ONCE = 16 };  // words

static long function_hash_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  __u32 offset = sizeof(struct hg_function) + (HASHED_AT_ONCE + step) * 8;
  if (offset > RECORD_LIMIT + TEXT_LIMIT) return 1;
  mix(s->hash, *(__u64 *)(s->bytes + offset));
  return 0;
}

// Adds a text to the scratch's hash: by Python's own hash of it where there is one, otherwise by what it says.
static __noinline int mix_text(struct scratch *s, const struct python_text *text) {
  mix(s->hash, text->size ^ (__u64)text->kind << 32);
  if (text->hash != ~0ull) {
    mix(s->hash, text->hash);
    return 0;
  }
  struct hg_text place;
  s->offset = sizeof s->function;
  append_text(s, &place, text);
  __u32 end = s->offset;
  if (end > RECORD_LIMIT) return 0;
  *(__u64 *)(s->bytes + end) = 0;
  __u32 words = (end - sizeof s->function + 7) / 8;
  for (__u32 i = 0; i < HASHED_AT_ONCE; i++) {
    if (i >= words) return 0;
    mix(s->hash, *(__u64 *)(s->bytes + sizeof s->function + i * 8));
  }
  if (words > HASHED_AT_ONCE) bpf_loop((words - HASHED_AT_ONCE) & 0x1fff, function_hash_step, &s, 0);
  return 0;
}

// The count of a function that was not called before, after telling it.
static __noinline struct hg_function_count *begin_function(
    struct scratch *s, struct task_struct *task, const struct python_text *texts) {
  static const struct hg_function_count none = {.shortest = ~0ull};
  struct hg_function *record = &s->function;
  if (bpf_map_update_elem(&function_counts, &record->key, &none, BPF_NOEXIST)) return NULL;
  s->offset = sizeof *record;
  for (int i = 0; i < HG_FUNCTION_TEXTS; i++) {
    append_text(s, &record->texts[i], &texts[i]);
    record->kinds[i] = texts[i].kind;
  }
  if (!texts[HG_FUNCTION_QUALNAME].data) record->texts[HG_FUNCTION_QUALNAME].flags = HG_TEXT_ABSENT;
  fill_header(&record->header, HG_RECORD_FUNCTION, task, parent_pid(task));
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  if (!emit(&record->header, end)) {
    bpf_map_delete_elem(&function_counts, &record->key);
    return NULL;
  }
  return bpf_map_lookup_elem(&function_counts, &record->key);
}

// A member that was read, by its offset in the structure.
#define MEMBER(type, part, offset)                                                                       \
  ({                                                                                                     \
    __u32 place = (offset) - HG_PYTHON_HEAD;                                                             \
    place <= HG_PYTHON_PART - sizeof(type) ? *(type *)((part) + bounded(place, PYTHON_ROOM)) : (type)0; \
  })

static __always_inline __u64 key_of_process(struct hg_function_key *key, struct task_struct *task) {
  struct task_struct *leader = NULL;
  __u64 start = task->start_boottime, program = 0;
  if (task->pid != task->tgid) {
    LOAD(leader, task, group_leader);
    LOAD(start, leader, start_boottime);
  }
  FIELD(program, task, self_exec_id);
  key->start = start;
  key->pid = task->tgid;
  key->program = program;
  return program;
}

// The count of a code object's function; its key stays in the scratch.
static __noinline struct hg_function_count *function_count(
    struct scratch *s, struct task_struct *task, struct python_parts *parts, const struct hg_interpreter *interpreter,
    __u32 number) {
  struct hg_function *record = &s->function;
  struct python_text texts[HG_FUNCTION_TEXTS] = {};
  record->line = MEMBER(__u32, parts->code, interpreter->code_line);
  record->interpreter = number;
  s->hash[0] = hash_seed;
  s->hash[1] = ~hash_seed;
  mix(s->hash, record->line);
  if (find_text(&texts[0], MEMBER(__u64, parts->code, interpreter->code_file), interpreter)) mix_text(s, &texts[0]);
  if (find_text(&texts[1], MEMBER(__u64, parts->code, interpreter->code_name), interpreter)) mix_text(s, &texts[1]);
  if (interpreter->code_qualname &&
      find_text(&texts[2], MEMBER(__u64, parts->code, interpreter->code_qualname), interpreter))
    mix_text(s, &texts[2]);
  key_of_process(&record->key, task);
  record->key.hash[0] = s->hash[0];
  record->key.hash[1] = s->hash[1];
  struct hg_function_count *count = bpf_map_lookup_elem(&function_counts, &record->key);
  return count ? count : begin_function(s, task, texts);
}
