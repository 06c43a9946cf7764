// SPDX-License-Identifier: Apache-2.0
#include "stacks.h"

enum { SEGMENT = 64 << 20, GUARD = 4096, MARGIN = 256 << 10 };

static int limit, in_use;
/// Stacks that are not in use, linked at their upper ends.
static char *spare;
extern void *__libc_stack_end __attribute__((weak));

void stacks_start(int most) { limit = most; }

/// The stack that this thread was started with.
static bool bounds(uintptr_t here, uintptr_t *low, uintptr_t *high) {
  const long process = system6(__NR_getpid, 0, 0, 0, 0, 0, 0);
  if (system6(__NR_gettid, 0, 0, 0, 0, 0, 0) == process) {
    // The first thread's grows up to the limit. (The C library would read /proc/self/maps.)
    const uint64_t size = system_limit(RLIMIT_STACK);
    *high = &__libc_stack_end && __libc_stack_end ? (uintptr_t)__libc_stack_end : here;
    if (size >= *high) return false;
    *low = *high - size;
    return true;
  }
  uint64_t attributes[32] = {0};  // a pthread_attr_t has 56 bytes
  void *address;
  size_t size;
  if (!python.pthread_getattr_np || !python.pthread_attr_getstack || !python.pthread_attr_destroy || !python.pthread_self
      || python.pthread_getattr_np(python.pthread_self(), attributes) != 0)
    return false;
  const bool found = python.pthread_attr_getstack(attributes, &address, &size) == 0;
  python.pthread_attr_destroy(attributes);
  *low = (uintptr_t)address;
  *high = *low + size;
  return found;
}

cold bool stacks_look(struct thread *me, uintptr_t here) {
  if (me->stack_size == 0) {
    uintptr_t low, high;
    if (!bounds(here, &low, &high) || here < low || here > high) {
      // Not a stack that is known: it is the program's own affair.
      me->stack_size = UINTPTR_MAX;
      return false;
    }
    const uintptr_t margin = (high - low) / 4 < MARGIN ? (high - low) / 4 : MARGIN;
    me->stack_low = low + margin;
    me->stack_size = high - me->stack_low;
  }
  // Above it: another stack, to which the program has changed by itself. Just below: what is meant here.
  return here < me->stack_low && me->stack_low - here <= MARGIN;
}

#if defined(__x86_64__)
// Calls the fourth argument with the first three, on the stack whose upper end is the fifth. The frame pointer leads back,
// for who unwinds as well.
__asm__(
  ".text\n.type call_on_stack, @function\ncall_on_stack:\n"
  ".cfi_startproc\n"
  "push %rbp\n.cfi_def_cfa_offset 16\n.cfi_offset %rbp, -16\n"
  "mov %rsp, %rbp\n.cfi_def_cfa_register %rbp\n"
  "mov %r8, %rsp\n"
  "call *%rcx\n"
  "mov %rbp, %rsp\n"
  "pop %rbp\n.cfi_def_cfa %rsp, 8\n"
  "ret\n"
  ".cfi_endproc\n.size call_on_stack, .-call_on_stack\n");
#elif defined(__aarch64__)
__asm__(
  ".text\n.type call_on_stack, %function\ncall_on_stack:\n"
  ".cfi_startproc\n"
  "stp x29, x30, [sp, #-16]!\n.cfi_def_cfa_offset 16\n.cfi_offset x29, -16\n.cfi_offset x30, -8\n"
  "mov x29, sp\n.cfi_def_cfa_register x29\n"
  "mov sp, x4\n"
  "blr x3\n"
  "mov sp, x29\n"
  "ldp x29, x30, [sp], #16\n.cfi_def_cfa sp, 0\n"
  "ret\n"
  ".cfi_endproc\n.size call_on_stack, .-call_on_stack\n");
#endif
PyObject *call_on_stack(void *first, void *second, long third, void *function, void *top);

static char *take(void) {
  char *segment = spare;
  if (segment) {
    spare = *(char **)(segment + SEGMENT - sizeof(char *));
    return segment;
  }
  segment = system_mmap(NULL, SEGMENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (system_failed(segment)) return NULL;
  system6(__NR_mprotect, (long)segment, GUARD, PROT_NONE, 0, 0, 0);
  return segment;
}

static void give_back(char *segment) {
  system6(__NR_madvise, (long)segment + GUARD, SEGMENT - GUARD, MADV_DONTNEED, 0, 0, 0);
  *(char **)(segment + SEGMENT - sizeof(char *)) = spare;
  spare = segment;
}

cold PyObject *stacks_call(void *function, void *first, void *second, int third) {
  struct thread *me = &thread;
  PyObject *(*const direct)(void *, void *, long) = (PyObject * (*)(void *, void *, long)) function;
  char *segment = in_use < limit ? take() : NULL;
  if (!segment) return direct(first, second, third);
  in_use++;
  const uintptr_t low = me->stack_low, size = me->stack_size;
  me->stack_low = (uintptr_t)segment + GUARD + MARGIN;
  me->stack_size = SEGMENT - GUARD - MARGIN;
  PyObject *result = call_on_stack(first, second, third, function, segment + SEGMENT - 64);
  me->stack_low = low;
  me->stack_size = size;
  give_back(segment);
  in_use--;
  return result;
}
