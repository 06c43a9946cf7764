// SPDX-License-Identifier: Apache-2.0
// More stack for deep recursion. Where each frame of Python goes through a function of ours, it uses the thread's stack;
// 3.11 alone uses none for calls from Python to Python, so that a program may go far deeper than the stack would allow.
// When little is left, the frame is evaluated on another stack.
#pragma once
#include "activation.h"

enum { STACKS_LIMIT = 64 };
/// With how many more stacks a thread may go on.
void stacks_start(int limit);
/// Finds out where this thread's stack is. True: little of it is left.
cold bool stacks_look(struct thread *me, uintptr_t here);
/// Calls a function on another stack; on this one where there is none.
cold PyObject *stacks_call(void *function, void *first, void *second, int third);

static inline bool stacks_are_low(void) {
  struct thread *me = &thread;
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  // Also true for a thread that is seen for the first time, and for a stack that is not the thread's.
  return unlikely(here - me->stack_low >= me->stack_size) && stacks_look(me, here);
}
