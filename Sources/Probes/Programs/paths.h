// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Every system call that takes a path, told by one program: what a call's arguments mean is a row of a table,
// not code of its own.
#pragma once
#include "calls.h"
#include "view.h"

// Which (process, path, result) was told already. An eviction only costs a repeat.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 32768);
  __type(key, __u64[2]);
  __type(value, __u8);
} told SEC(".maps");

const volatile __u64 hash_seed = 0x9e3779b97f4a7c15;

static __always_inline void mix(__u64 *hash, __u64 word) {
  hash[0] = (hash[0] ^ word) * 0xff51afd7ed558ccd;
  hash[0] ^= hash[0] >> 32;
  hash[1] = (hash[1] + word) * 0xc4ceb9fe1a85ec53;
  hash[1] ^= hash[1] >> 29;
}

// A record's texts, which begin behind its fixed part.
struct texts {
  struct scratch *scratch;
  __u32 start;
};

static long hash_step(__u32 step, struct texts *texts) {
  struct scratch *s = texts->scratch;
  __u32 offset = texts->start + step * 8;
  if (offset > RECORD_LIMIT + TEXT_LIMIT) return 1;
  mix(s->hash, *(__u64 *)(s->bytes + offset));
  return 0;
}

// Whether a record with the scratch's hash and these texts was told before; remembers it.
static __always_inline bool is_repeat(struct scratch *s, __u32 start) {
  struct texts texts = {s, start};
  __u32 end = s->offset;
  if (end > RECORD_LIMIT + TEXT_LIMIT) return false;
  *(__u64 *)(s->bytes + end) = 0;
  // The mask: where bpf_loop is inlined, the kernel looks at all 64 bits of a number that C calls 32 bits wide, and
  // gives up without a round when a borrow was left in the upper half.
  bpf_loop((end - start + 7) / 8 & 0x1fff, hash_step, &texts, 0);
  // On the stack: older kernels (6.1 among them) take no key from what a function that is verified once was handed.
  __u64 key[2] = {s->hash[0], s->hash[1]};
  if (bpf_map_lookup_elem(&told, key)) return true;
  // Another thread may have come here with the same since: the map lets one of them in.
  __u8 value = 1;
  return bpf_map_update_elem(&told, key, &value, BPF_NOEXIST) == -EEXIST_;
}

// Whether the scratch's record was told before; remembers it.
// (Not static: verified once, see `walk`.)
__noinline int was_told(struct scratch *s, __u64 program) {
  if (!s) return false;
  struct hg_paths *record = &s->paths;
  s->hash[0] = hash_seed;
  s->hash[1] = ~hash_seed;
  mix(s->hash, record->header.start ^ (__u64)record->header.pid << 32);
  mix(s->hash, program);
  mix(s->hash, record->result ^ (__u64)record->names[0].size << 32 ^ (__u64)record->names[0].flags << 48);
  return is_repeat(s, sizeof *record);
}

// Where a name starts that an argument holds.
enum start { START_NOWHERE, START_ROOT, START_DIRECTORY };

// Appends the name of one argument.
static __always_inline enum start append_name(
    struct scratch *s, const struct call_arguments *arguments, int place, __s8 directory, __s8 path, bool leads_nowhere) {
  struct hg_text *name = &s->paths.names[place & 1];
  name->size = 0;
  name->flags = HG_TEXT_ABSENT;
  if (path < 0) return directory >= 0 ? START_DIRECTORY : START_NOWHERE;
  unsigned long address = argument(arguments, path);
  // The first name is every call's: one call less.
  bool is_absolute = (place ? append_user(s, name, address) : append_string(s, name, address)) > 0;
  if (leads_nowhere) return START_NOWHERE;
  return is_absolute ? START_ROOT : START_DIRECTORY;
}

// The directory of a descriptor, the working directory, or the process's own root: behind chroot that is another than
// the one its path is told from. (Not static: verified once, see `walk`.)
__noinline unsigned long base(struct scratch *s, enum start start, __s32 number) {
  if (!s) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  if (start == START_NOWHERE) return 0;
  if (start == START_ROOT) return as_number(s, root_directory(task));
  return as_number(s, number == AT_FDCWD ? working_directory(task) : file_path(descriptor(task, number)));
}

// Where a relative name of an argument starts.
static __always_inline __s32 start_number(const struct call_arguments *arguments, __s8 directory) {
  return directory < 0 ? AT_FDCWD : (__s32)argument(arguments, directory);
}

// Whether one of the scratch's two paths is wanted.
static __noinline bool has_wanted_path(struct scratch *s) {
  struct hg_paths *record = &s->paths;
  __u32 name = sizeof *record, name2 = name + record->names[0].size, walked = name2 + record->names[1].size + record->text.size,
        walked2 = walked + record->walks[0].size;
  const struct hg_text *asked = record->is_resolved ? NULL : &record->names[0];
  // An empty name that does not exist leads nowhere, and what leads nowhere is not left out.
  if (asked && !asked->size && !asked->flags && record->result == -ENOENT_) return true;
  if (is_wanted_path(s, &record->walks[0], walked, asked, name)) return true;
  if (record->walks[1].flags & HG_TEXT_ABSENT) return false;
  return is_wanted_path(s, &record->walks[1], walked2, &record->names[1], name2);
}

// Set where the command's programs load the agent: for the token $LIB in its path their loader looks at /proc/self/exe. 2:
// that is not told, for whoever decodes is not told enough to know it from others.
const volatile __u32 loads_agent = 0;

struct loader_search {
  __u64 vector;  // the auxiliary vector, as the kernel keeps it
  __u64 base;
  bool is_32_bit;  // its words are half as long
};

static long search_loader_step(__u32 step, struct loader_search *search) {
  enum { AT_BASE = 7 };
  __u64 words[2] = {};
  __u64 place = search->vector + step * (search->is_32_bit ? 8 : 16);
  if (bpf_probe_read_kernel(words, sizeof words, (const void *)place)) return 1;
  if ((search->is_32_bit ? (__u32)words[0] : words[0]) != AT_BASE) return 0;
  search->base = search->is_32_bit ? words[0] >> 32 : words[1];
  return 1;
}

// Whether the scratch's record is of that look-up, or of another by the loader, whose code lies where AT_BASE says. A
// program may look the same up itself, so this one does not count as told. (Not static: verified once, see `walk`.)
__noinline int is_of_loader(struct scratch *s, unsigned long at) {
  enum { MOST_ENTRIES = 16, LARGEST_LOADER = 1 << 20 };
  if (!s) return false;
  const __u64 *name = (const __u64 *)(s->bytes + sizeof s->paths);
  if (!loads_agent || s->paths.names[0].size != 14) return false;
  if (name[0] != 0x65732f636f72702f /* /proc/se */ || name[1] << 16 != 0x6578652f666c0000 /* lf/exe */) return false;
  struct task_struct *task = bpf_get_current_task_btf();
  struct mm_struct *mm = NULL;
  LOAD(mm, task, mm);
  struct loader_search search = {.is_32_bit = is_32_bit(s->row)};
  search.vector = as_number(s, (const void *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv));
  // Not a loop: the verifier would go through each of its rounds, 5 ms in all.
  bpf_loop(MOST_ENTRIES, search_loader_step, &search, 0);
  return search.base && at - search.base < LARGEST_LOADER;
}

static __always_inline void no_walk(struct hg_walk *walk) {
  __builtin_memset(walk, 0, sizeof *walk);
  walk->flags = HG_TEXT_ABSENT;
}

static __noinline int tell_paths(
    struct task_struct *task, struct pt_regs *registers, long returned, const struct hg_call *call, struct scratch *s) {
  __u32 row = s->row;
  if (is_restart(returned) || (returned >= 0 && call->flags & HG_CALL_ONLY_FAILED)) return 0;
  read_arguments(&s->arguments, registers, row);
  struct hg_paths *record = &s->paths;
  s->offset = sizeof *record;
  // This and where names start are kept in memory: there the verifier does not tell the ways apart that lead to one.
  volatile __s64 *result = &record->result;
  *result = returned;
  record->call = row;
  record->event = call->event;
  record->is_resolved = 0;
  record->has_view = 0;

  volatile __u32 *starts = s->starts;
  starts[0] = append_name(s, &s->arguments, 0, call->directory, call->path, false);
  if (call->flags & HG_CALL_NO_DESCRIPTOR && record->names[0].size == 0 && *result != -ENOENT_ && *result != -EFAULT_ &&
      (!record->names[0].flags || !argument(&s->arguments, call->path)))
    return 0;
  starts[1] = START_NOWHERE;
  record->names[1].size = 0;
  record->names[1].flags = HG_TEXT_ABSENT;
  if (call->path2 >= 0)
    starts[1] = append_name(s, &s->arguments, 1, call->directory2, call->path2, call->flags & HG_CALL_SECOND_TEXT);

  record->text.size = 0;
  record->text.flags = HG_TEXT_ABSENT;
  record->file_mode = 0;
  if (call->text >= 0) append_user(s, &record->text, argument(&s->arguments, call->text));

  unsigned long from = 0, from2 = 0;
  if (*result >= 0 && call->flags & HG_CALL_RESULT_FD) {
    struct file *file = descriptor(task, *result);
    if (file) LOAD(record->file_mode, file, f_mode);
    from = as_number(s, file_path(file));
  }
  else if (*result >= 0 && call->flags & HG_CALL_RESULT_CWD) from = as_number(s, working_directory(task));
  // An absolute name began at the root that the process has no more.
  else if (*result >= 0 && call->flags & HG_CALL_RESULT_ROOT) from = as_number(s, root_directory(task));
  record->is_resolved = from != 0;
  // No descriptor after all: another thread has closed it already. Where the name leads is what remains to tell.
  if (!from) from = base(s, starts[0], start_number(&s->arguments, call->directory));
  if (from) walk_by_loop(s, &record->walks[0], from);
  else no_walk(&record->walks[0]);
  if (starts[1] != START_NOWHERE) from2 = base(s, starts[1], start_number(&s->arguments, call->directory2));
  if (from2) walk_by_loop(s, &record->walks[1], from2);
  else no_walk(&record->walks[1]);

  if (filters & HG_FILTER_PATH && call->event != HG_CALL_EXEC && !has_wanted_path(s)) return 0;
  fill_header(&record->header, HG_RECORD_PATHS, task, parent_pid(task));
  bool is_once = call->flags & HG_CALL_ONCE;
  if (is_once && is_of_loader(s, registers->ip)) {
    if (loads_agent == 2) return 0;
    is_once = false;
  }
  if (is_once) {
    // Another program in the same process asks anew.
    __u64 program = 0;
    LOAD(program, task, self_exec_id);
    if (was_told(s, program)) return 0;
  }
  __u32 state = s->state;
  if (*result >= 0 && call->flags & HG_CALL_MOVES) state = place_anew(task);
  if (state & FOLLOWED_ELSEWHERE)
    record->has_view =
        append_view(s, as_number(s, root_directory(task)), from, from2, has_other_mounts(task));

  record->a = 0;
  record->b = 0;
  if (call->flags & HG_CALL_HOW) {
    __u64 how[2] = {};
    bpf_probe_read_user(how, sizeof how, (void *)argument(&s->arguments, call->a));
    record->a = how[0];
    record->b = how[1];
  } else {
    if (call->a >= 0) record->a = argument(&s->arguments, call->a);
    if (call->b >= 0) record->b = argument(&s->arguments, call->b);
    if (call->flags & HG_CALL_HALVES) record->a |= record->b << 32;
  }
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  if (!emit(&record->header, end) && is_once) bpf_map_delete_elem(&told, s->hash);
  return 0;
}
