// SPDX-License-Identifier: Apache-2.0
// One run of a frame, from where it begins or goes on to where it ends or yields. With the interpreter's lock.
#pragma once
#include "clock.h"
#include "functions.h"
#include "probes.h"

/// Functions that a thread is in while another thread was in them first.
struct held {
  struct hg_agent_function *function;
  uint64_t depth;
};
enum { HELD_LIMIT = 256 };

struct activation {
  struct hg_agent_function *function;
  uint64_t begun;
  /// What the caller had spent in its callees before.
  uint64_t below;
  uint32_t epoch;
  /// The recursion is counted in `held`, not in the record.
  bool is_held;
};

/// What the agent keeps for each thread. Plain values, no pointers into the stack: some programs move that.
struct thread {
  /// Spent in the callees of the frame that runs.
  uint64_t below;
  struct held *held;
  uint32_t held_count;
  /// Of the methods that have no stack frame of their own (calls_*.c): the runs that have begun.
  uint32_t stack_used, stack_capacity;
  struct activation *stack;
  /// The stack's lowest address that is used without thought, and the size above it (stacks.c).
  uintptr_t stack_low, stack_size;
};
extern __thread struct thread thread __attribute__((tls_model("initial-exec")));

cold bool held_enter(struct thread *me, struct hg_agent_function *function);
/// True: it was the outermost one.
cold bool held_leave(struct thread *me, struct hg_agent_function *function);

static inline void activation_begin(struct activation *run, struct hg_agent_function *function) {
  struct thread *me = &thread;
  run->function = function;
  run->epoch = table_epoch;
  run->is_held = false;
  const bool is_mine = function->own[FUNCTION_DEPTH] == 0 || function->own[FUNCTION_THREAD] == (uintptr_t)me;
  if (likely(is_mine && me->held_count == 0) || !held_enter(me, function)) {
    function->own[FUNCTION_THREAD] = (uintptr_t)me;
    function->own[FUNCTION_DEPTH]++;
  } else {
    run->is_held = true;
  }
  if (unlikely(python_function__entry_semaphore))
    probe_function_entry(table_bytes(function->file), table_bytes(function->name), (int)function->line);
  run->below = me->below;
  me->below = 0;
  run->begun = clock_now();
}

static inline void activation_end(const struct activation *run, bool raised) {
  const uint64_t now = clock_now();
  struct thread *me = &thread;
  struct hg_agent_function *function = run->function;
  // Counters of two processors can differ by a little.
  const uint64_t took = likely(now > run->begun) ? now - run->begun : 0;
  const uint64_t below = me->below;
  me->below = run->below + took;
  if (unlikely(python_function__return_semaphore))
    probe_function_return(table_bytes(function->file), table_bytes(function->name), (int)function->line);
  // Begun in the parent of this process, which counts it.
  if (unlikely(run->epoch != table_epoch)) return;
  function->self += likely(took > below) ? took - below : 0;
  function->exceptions += raised;
  if (took > function->longest) function->longest = took;
  if (took < function->shortest || function->ends == 0) function->shortest = took;
  function->ends++;
  bool is_outermost;
  if (likely(!run->is_held))
    is_outermost = --function->own[FUNCTION_DEPTH] == 0;
  else
    is_outermost = held_leave(me, function);
  if (is_outermost) function->total += took;
}

/// For methods that are only told of beginnings and ends: the runs of this thread as a stack.
cold bool stack_grow(struct thread *me);
static inline void stack_push(struct hg_agent_function *function) {
  struct thread *me = &thread;
  if (unlikely(me->stack_used == me->stack_capacity) && !stack_grow(me)) return;
  activation_begin(&me->stack[me->stack_used++], function);
}
cold void stack_pop_other(struct thread *me, struct hg_agent_function *function, bool raised);
void stack_release(struct thread *me);
static inline void stack_pop(struct hg_agent_function *function, bool raised) {
  struct thread *me = &thread;
  if (unlikely(me->stack_used == 0)) return;
  const struct activation *top = &me->stack[me->stack_used - 1];
  if (unlikely(top->function != function)) return stack_pop_other(me, function, raised);
  activation_end(top, raised);
  if (unlikely(--me->stack_used == 0)) stack_release(me);
}
