// SPDX-License-Identifier: Apache-2.0
//: claim: Two processes that had the same process id one after the other are two
//: expect 2: fork child.pid=$pid
//: expect: open path=$W/first pid=$pid
//: expect: open path=$W/second pid=$pid
//: expect: exit pid=$pid code=11
//: expect: exit pid=$pid code=12
//: expect: summary processes=3
#include "hard.h"
#include <linux/sched.h>

int main(void) {
  pid_t first = fork();
  if (first == 0) {
    touch("first");
    _exit(11);
  }
  NEED(ended(first) == 11 << 8);
  account("pid", "%d", first);
  // The kernel is asked for just that number.
  pid_t wanted[] = {first};
  struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)wanted, .set_tid_size = 1};
  pid_t second = syscall(SYS_clone3, &how, sizeof how);
  if (second == 0) {
    touch("second");
    _exit(12);
  }
  NEED(second == first && ended(second) == 12 << 8);
  return 0;
}
