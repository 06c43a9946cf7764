// SPDX-License-Identifier: Apache-2.0
// getppid RESULT COUNT: the cheapest system call, COUNT times: what is added to it is the price of a hook.
#include <sys/syscall.h>

#include "storm.h"

static void nothing(void) {}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[2]);
  storm_gate(nothing);
  storm_begin();
  for (long i = 0; i < count; i++) syscall(SYS_getppid);
  storm_end(argv[1], count);
  return 0;
}
