// SPDX-License-Identifier: Apache-2.0
// first: writes CLOCK_MONOTONIC, read by its very first instructions, to standard output, as two longs.
//
// Linked statically and without start files: no loader and no C library stand between exec and the clock.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
__attribute__((force_align_arg_pointer))
#endif
void _start(void) {
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  syscall(SYS_write, 1, &now, sizeof now);
  syscall(SYS_exit_group, 0);
}
