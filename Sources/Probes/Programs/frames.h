// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Calls inside Python, seen from outside: uprobes where an interpreter says that a frame begins or ends (its USDT probes),
// or where it evaluates frames. They run for every process that has the interpreter's file mapped; who is not followed
// leaves at once. Of each thread the frames that have begun are kept, for the time that each takes.
#pragma once
#include "functions.h"

// The frames of a thread that have begun and not ended. What is deeper is counted, and its time is that of the deepest one
// here.
enum { FRAMES = 512 };
struct frame_begun {
  __u64 frame;  // where it is; with FRAME_FOREIGN, which no address has
  __u64 time;
  __u64 inner;  // the time of those that it called
  __u64 hash[2];  // of its function
};
enum { FRAME_FOREIGN = 1 };  // it is counted in `active_functions`
struct frame_stack {
  __u64 depth;
  __u64 foreign;  // how many of the frames are
  struct hg_function_key key;  // of all its functions, but for the hash
  struct frame_begun frames[FRAMES];
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct frame_stack);
} frame_stacks SEC(".maps");

// How many frames of a function a thread has on its stack: of a recursion the outermost counts for the function's time. That
// stands with the function's count, for one thread; for the others here. An eviction costs that much.
struct active_key {
  __u64 thread;
  __u64 hash;
};
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, struct active_key);
  __type(value, __u32);
} active_functions SEC(".maps");

// The frame that a probe speaks of; 0 where it is not found.
static __always_inline __u64 probed_frame(struct pt_regs *registers, const struct hg_interpreter *interpreter, int site) {
  switch (interpreter->way) {
    case HG_FRAME_FIRST: return registers->di;
    case HG_FRAME_SECOND: return registers->si;
  }
  __u64 address = registers->ip + interpreter->state[site];
  if (interpreter->flags & HG_INTERPRETER_INDIRECT) {
    if (READ_USER(address, address)) return 0;
    address += interpreter->state_step;
  }
  __u64 thread = 0, frames = 0, frame = 0;
  if (READ_USER(thread, address) || READ_USER(frames, thread + interpreter->thread_frames) ||
      READ_USER(frame, frames + interpreter->frames_frame))
    return 0;
  return frame;
}

// Whether a frame that begins is one that has run before: a generator's, a coroutine's.
static __always_inline bool is_resumed(struct python_parts *parts, const struct hg_interpreter *interpreter) {
  if (!interpreter->resume[0]) return MEMBER(__s32, parts->frame, interpreter->frame_position) >= 0;
  __u64 address = MEMBER(__u64, parts->frame, interpreter->frame_position);
  __u8 instruction[2] = {};
  READ_USER(instruction, address);
  // An exception that is thrown into a generator comes in where it stands.
  if (instruction[0] != interpreter->resume[0] && instruction[0] != interpreter->resume[1])
    return instruction[0] != interpreter->unstarted;
  return instruction[1] != 0;
}

static __always_inline struct frame_begun *frame_at(struct frame_stack *stack, __u64 depth) {
  return &stack->frames[bounded(depth, FRAMES)];
}

static __noinline int push_frame(
    struct task_struct *task, __u64 frame, struct hg_function_key *key, struct hg_function_count *count) {
  struct frame_stack *stack = bpf_task_storage_get(&frame_stacks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!stack) return 0;
  // What another program of this process has left.
  if (stack->key.program != key->program || !stack->depth) {
    stack->depth = stack->foreign = 0;
    stack->key = *key;
  }
  __u64 depth = stack->depth++;
  if (depth >= FRAMES) return 0;
  struct frame_begun *begun = frame_at(stack, depth);
  begun->frame = frame;
  begun->inner = 0;
  begun->hash[0] = key->hash[0];
  begun->hash[1] = key->hash[1];
  __u64 thread = bpf_get_current_pid_tgid();
  if (count->depth ? count->thread == thread : !stack->foreign) {
    count->thread = thread;
    count->depth++;
  } else {
    begun->frame |= FRAME_FOREIGN;
    stack->foreign++;
    struct active_key active_key = {thread, key->hash[0]};
    __u32 one = 1, *active = bpf_map_lookup_elem(&active_functions, &active_key);
    if (active) ++*active;
    else bpf_map_update_elem(&active_functions, &active_key, &one, BPF_ANY);
  }
  begun->time = bpf_ktime_get_ns();
  return 0;
}

// Takes the last frame away; whether no other of its function is on the thread's stack.
static __always_inline bool was_outermost(
    struct frame_stack *stack, struct frame_begun *begun, struct hg_function_count *count) {
  if (!(begun->frame & FRAME_FOREIGN)) return !count || !count->depth || !--count->depth;
  stack->foreign--;
  struct active_key key = {bpf_get_current_pid_tgid(), begun->hash[0]};
  __u32 *active = bpf_map_lookup_elem(&active_functions, &key);
  if (!active) return true;
  if (*active > 1) {
    --*active;
    return false;
  }
  bpf_map_delete_elem(&active_functions, &key);
  return true;
}

static __always_inline struct hg_function_count *count_of(struct frame_stack *stack, struct frame_begun *begun) {
  struct hg_function_key key = stack->key;
  key.hash[0] = begun->hash[0];
  key.hash[1] = begun->hash[1];
  return bpf_map_lookup_elem(&function_counts, &key);
}

// A frame ends; whether it was known.
static __noinline int pop_frame(struct task_struct *task, __u64 frame, __u64 now) {
  struct frame_stack *stack = bpf_task_storage_get(&frame_stacks, task, 0, 0);
  // It began before it was observed, or in the process that this one was forked from.
  if (!stack || !stack->depth) return 0;
  __u64 depth = stack->depth - 1;
  if (depth >= FRAMES) {
    stack->depth = depth;
    return 0;
  }
  struct frame_begun *begun = frame_at(stack, depth);
  // Frames above it whose ends nobody told are gone. Where it is none of the last ones, nothing is known of its time.
  for (int i = 0; (begun->frame & ~FRAME_FOREIGN) != frame; i++) {
    if (i == 16 || !depth) return 0;
    begun = frame_at(stack, --depth);
  }
  for (int i = 0; i < 16 && stack->depth - 1 > depth; i++) {
    struct frame_begun *gone = frame_at(stack, --stack->depth);
    was_outermost(stack, gone, count_of(stack, gone));
  }
  stack->depth = depth;
  struct hg_function_count *count = count_of(stack, begun);
  bool is_outermost = was_outermost(stack, begun, count);
  __u64 time = now > begun->time ? now - begun->time : 0;
  if (depth) frame_at(stack, depth - 1)->inner += time;
  if (!count) return 0;
  __sync_fetch_and_add(&count->ends, 1);
  count->timed++;
  count->own += time > begun->inner ? time - begun->inner : 0;
  if (is_outermost) count->total += time;
  if (time < count->shortest) count->shortest = time;
  if (time > count->longest) count->longest = time;
  return 1;
}

static __noinline int note_frame(struct pt_regs *registers, struct task_struct *task, bool is_end, bool has_ends) {
  __u64 now = is_end ? bpf_ktime_get_ns() : 0;
  __u32 number = bpf_get_attach_cookie(registers);
  struct hg_interpreter *interpreter = bpf_map_lookup_elem(&interpreters, &number);
  if (!interpreter) return 0;
  __u64 frame = probed_frame(registers, interpreter, is_end);
  if (is_end && frame && pop_frame(task, frame, now)) return 0;
  struct variable_slot *slot = take_slot();
  if (!slot || !frame) {
    lose(HG_LOST_FUNCTIONS);
    if (slot) give_slot(slot);
    return 0;
  }
  struct scratch *s = &slot->scratch;
  struct python_parts *parts = &slot->parts;
  struct hg_function_count *count = NULL;
  __u32 frame_size = bounded(interpreter->frame_size, PYTHON_ROOM);
  __u32 code_size = bounded(interpreter->code_size, PYTHON_ROOM);
  if (!bpf_probe_read_user(parts->frame, frame_size, (const void *)frame + HG_PYTHON_HEAD)) {
    __u64 code = MEMBER(__u64, parts->frame, interpreter->frame_code);
    if (!bpf_probe_read_user(parts->code, code_size, (const void *)code + HG_PYTHON_HEAD))
      count = function_count(s, task, parts, interpreter, number);
  }
  if (!count) {
    lose(HG_LOST_FUNCTIONS);
  } else if (is_end) {
    __sync_fetch_and_add(&count->ends, 1);
  } else {
    __sync_fetch_and_add(is_resumed(parts, interpreter) ? &count->resumes : &count->calls, 1);
    if (has_ends) push_frame(task, frame, &s->function.key, count);
  }
  give_slot(slot);
  return 0;
}

static __always_inline bool is_observed(struct task_struct *task) {
  struct followed *process = followed(task);
  return process && !(process->state & FOLLOWED_AT_GATE) && is_wanted(task, process);
}

// A frame begins, and nothing will tell of its end.
SEC("?uprobe")
int frame_evaluated(struct pt_regs *registers) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (is_observed(task)) note_frame(registers, task, false, false);
  return 0;
}

SEC("?uprobe")
int function_begun(struct pt_regs *registers) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (is_observed(task)) note_frame(registers, task, false, true);
  return 0;
}

SEC("?uprobe")
int function_ended(struct pt_regs *registers) {
  struct task_struct *task = bpf_get_current_task_btf();
  if (is_observed(task)) note_frame(registers, task, true, true);
  return 0;
}

// At a place that hardly any process comes by: it is there for the semaphore that is raised with it.
SEC("?uprobe")
int semaphore_raised(struct pt_regs *registers) {
  return 0;
}
