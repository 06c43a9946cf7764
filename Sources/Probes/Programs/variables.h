// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What programs look up in their environments: uprobes on functions that take a name and give back where its value
// stands. They run for every process of the machine; who is not followed leaves at once, and on kernels with sessions
// (Linux 6.13) without the second trap at the function's return.
#pragma once
#include "paths.h"

// Who has asked and has no answer yet: by thread, and by the place of the return address on its stack. secure_getenv
// jumps to getenv, with the same stack: then the second question takes the place of the first, and its answer is the
// only one. A question that is never answered (longjmp out of a signal handler) goes when room is needed.
struct question {
  __u64 thread;
  __u64 stack;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct question);
  __type(value, __u64);  // where the name stands
} questions SEC(".maps");

// What of a frame of Python and of its code object was read: functions.h.
enum { PYTHON_ROOM = 128 };
struct python_parts {
  __u8 frame[PYTHON_ROOM + 8];
  __u8 code[PYTHON_ROOM + 8];
};

// Where records are put together. Not one for each processor: where the kernel may preempt a program, another one would
// write over what the first has begun.
enum { VARIABLE_SLOTS = 16 };
struct variable_slot {
  __u64 is_taken;
  struct python_parts parts;
  struct scratch scratch;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, VARIABLE_SLOTS);
  __type(key, __u32);
  __type(value, struct variable_slot);
} variable_slots SEC(".maps");

static __always_inline struct variable_slot *take_slot(void) {
  __u32 first = bpf_get_smp_processor_id();
  for (int i = 0; i < 4; i++) {
    __u32 number = (first + i) & (VARIABLE_SLOTS - 1);
    struct variable_slot *slot = bpf_map_lookup_elem(&variable_slots, &number);
    if (slot && !__sync_lock_test_and_set(&slot->is_taken, 1)) return slot;
  }
  return NULL;
}

static __always_inline void give_slot(struct variable_slot *slot) { __sync_lock_test_and_set(&slot->is_taken, 0); }

// Whether this process was told to have found this for this name; remembers it. As `was_told` does.
static __noinline bool was_answered(struct scratch *s, __u64 program) {
  struct hg_variable *record = &s->variable;
  s->hash[0] = ~hash_seed;
  s->hash[1] = hash_seed;
  mix(s->hash, record->header.start ^ (__u64)record->header.pid << 32);
  mix(s->hash, program);
  mix(s->hash, record->source ^ (__u64)record->is_set << 8 ^ (__u64)record->name.size << 16 ^
                   (__u64)record->value.flags << 32 ^ (__u64)record->name.flags << 48);
  return is_repeat(s, sizeof *record);
}

// What bash's find_variable gives back, the same since bash 2.05 (variables.h there).
struct shell_variable {
  __u64 name, value, exported, compute, assign;
  __u32 attributes;
};
enum {
  BASH_ARRAY = 0x4,
  BASH_ASSOCIATIVE = 0x40,
  BASH_INVISIBLE = 0x1000,  // declared, and given no value yet
};

// Where the value stands of a variable that bash found; whether it is set. Of an array the value is none that a text could
// stand for.
static __always_inline bool find_shell_value(__u64 variable, __u64 *value) {
  struct shell_variable found = {};
  if (!variable) return false;
  if (bpf_probe_read_user(&found, sizeof found, (void *)variable) != 0) return true;
  if (found.attributes & BASH_INVISIBLE || !found.value) return false;
  if (!(found.attributes & (BASH_ARRAY | BASH_ASSOCIATIVE))) *value = found.value;
  return true;
}

static __noinline int tell_answer(struct scratch *s, __u64 name, __u64 answer, __u32 source) {
  if (!s) return 0;
  struct task_struct *task = bpf_get_current_task_btf();
  struct hg_variable *record = &s->variable;
  s->offset = sizeof *record;
  __u64 value = 0;
  record->source = source == HG_VARIABLE_BASH ? HG_VARIABLE_BASH : HG_VARIABLE_LIBC;
  if (source == HG_VARIABLE_BASH) {
    record->is_set = find_shell_value(answer, &value);
  } else {
    value = answer;
    record->is_set = value != 0;
  }
  append_user(s, &record->name, name);
  record->value.size = 0;
  record->value.flags = HG_TEXT_ABSENT;
  if (value) append_user(s, &record->value, value);
  fill_header(&record->header, HG_RECORD_VARIABLE, task, parent_pid(task));
  __u64 program = 0;
  FIELD(program, task, self_exec_id);
  if (was_answered(s, program)) return 0;
  __u32 end = s->offset;
  if (end > RECORD_ROOM) end = RECORD_ROOM;
  record->header.size = end;
  if (!emit(&record->header, end)) bpf_map_delete_elem(&told, s->hash);
  return 0;
}

// Whether the caller is followed, and its answer wanted.
static __always_inline bool ask(struct pt_regs *registers) {
  struct task_struct *task = bpf_get_current_task_btf();
  struct followed *process = followed(task);
  if (!process || process->state & FOLLOWED_AT_GATE || !is_wanted(task, process)) return false;
  struct question question = {bpf_get_current_pid_tgid(), registers->sp};
  __u64 name = registers->di;
  // There, arguments stand behind the return address on the stack.
  if (bpf_get_attach_cookie(registers) == HG_VARIABLE_LIBC_32) {
    __u32 argument = 0;
    bpf_probe_read_user(&argument, sizeof argument, (void *)(registers->sp + 4));
    name = argument;
  }
  bpf_map_update_elem(&questions, &question, &name, BPF_ANY);
  return true;
}

// The function has returned: its return address is gone from the stack. The cookie says whose it was.
static __always_inline void answer(struct pt_regs *registers) {
  __u64 source = bpf_get_attach_cookie(registers);
  bool is_32_bit = source == HG_VARIABLE_LIBC_32;
  struct question question = {bpf_get_current_pid_tgid(), registers->sp - (is_32_bit ? 4 : 8)};
  __u64 *asked = bpf_map_lookup_elem(&questions, &question);
  if (!asked) return;
  __u64 name = *asked;
  bpf_map_delete_elem(&questions, &question);
  struct variable_slot *slot = take_slot();
  if (!slot) {
    lose(HG_LOST_VARIABLES);
    return;
  }
  tell_answer(&slot->scratch, name, is_32_bit ? (__u32)registers->ax : registers->ax, source);
  give_slot(slot);
}

SEC("?uprobe")
int variable_asked(struct pt_regs *registers) {
  ask(registers);
  return 0;
}

SEC("?uprobe")
int variable_answered(struct pt_regs *registers) {
  answer(registers);
  return 0;
}

// Both in one, where the kernel has sessions: at the function's first instruction, 1 asks not to be told of its return.
SEC("?uprobe")
int variable_looked_up(struct pt_regs *registers) {
  if (is_unmarked(bpf_get_current_task_btf())) return 1;
  if (bpf_get_func_ip(registers) == registers->ip) return !ask(registers);
  answer(registers);
  return 0;
}
