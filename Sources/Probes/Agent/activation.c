// SPDX-License-Identifier: Apache-2.0
#include "activation.h"

__thread struct thread thread;

// Memory that one thread has given back waits here for the next; all under the interpreter's lock. A thread gives back
// what it has when it leaves its outermost frame, so nothing has to be told when threads end.
static struct held *spare_held;
enum { FIRST_STACK = 128, SPARE_LIMIT = FIRST_STACK * 8, STACK_LIMIT = 1 << 22 };
struct spare_stack {
  struct spare_stack *next;
  uint32_t capacity;
};
static struct spare_stack *spare_stacks;

static struct held *find(struct thread *me, struct hg_agent_function *function) {
  for (uint32_t at = me->held_count; at > 0; at--)
    if (me->held[at - 1].function == function) return &me->held[at - 1];
  return NULL;
}

cold bool held_enter(struct thread *me, struct hg_agent_function *function) {
  struct held *entry = find(me, function);
  if (entry) {
    entry->depth++;
    return true;
  }
  if (function->own[FUNCTION_DEPTH] == 0 || function->own[FUNCTION_THREAD] == (uintptr_t)me) return false;
  if (!me->held) {
    me->held = spare_held;
    if (me->held)
      spare_held = *(struct held **)me->held;
    else
      me->held = system_pages(HELD_LIMIT * sizeof *me->held);
  }
  // Without room it counts as the other thread's recursion.
  if (!me->held || me->held_count == HELD_LIMIT) return false;
  me->held[me->held_count++] = (struct held){function, 1};
  return true;
}

cold bool held_leave(struct thread *me, struct hg_agent_function *function) {
  struct held *entry = find(me, function);
  if (!entry || --entry->depth > 0) return false;
  *entry = me->held[--me->held_count];
  if (me->held_count == 0) {
    *(struct held **)me->held = spare_held;
    spare_held = me->held;
    me->held = NULL;
  }
  return true;
}

cold bool stack_grow(struct thread *me) {
  if (!me->stack && spare_stacks) {
    struct spare_stack *spare = spare_stacks;
    spare_stacks = spare->next;
    me->stack_capacity = spare->capacity;
    me->stack = (struct activation *)spare;
    return true;
  }
  const uint32_t capacity = me->stack_capacity ? me->stack_capacity * 2 : FIRST_STACK;
  struct activation *stack = capacity > STACK_LIMIT ? NULL : system_pages(capacity * sizeof *stack);
  if (!stack) return false;
  if (me->stack) {
    memcpy(stack, me->stack, me->stack_used * sizeof *stack);
    system_munmap(me->stack, me->stack_capacity * sizeof *stack);
  }
  me->stack = stack;
  me->stack_capacity = capacity;
  return true;
}

void stack_release(struct thread *me) {
  if (me->stack_capacity > SPARE_LIMIT) {
    system_munmap(me->stack, me->stack_capacity * sizeof *me->stack);
  } else {
    struct spare_stack *spare = (struct spare_stack *)me->stack;
    *spare = (struct spare_stack){spare_stacks, me->stack_capacity};
    spare_stacks = spare;
  }
  me->stack = NULL;
  me->stack_capacity = 0;
}

/// An end that is not that of the run which began last: the program changes stacks by itself (greenlet), or the run began
/// before the agent, or there was no room for it.
cold void stack_pop_other(struct thread *me, struct hg_agent_function *function, bool raised) {
  for (uint32_t at = me->stack_used - 1; at > 0; at--) {
    struct activation *run = &me->stack[at - 1];
    if (run->function != function) continue;
    activation_end(run, raised);
    memmove(run, run + 1, (me->stack_used - at) * sizeof *run);
    me->stack_used--;
    return;
  }
}
