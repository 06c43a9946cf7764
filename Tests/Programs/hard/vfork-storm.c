// SPDX-License-Identifier: Apache-2.0
//: claim: Each of 600 children of vfork, half of them executed, is there once with its own end
//: expect 300: exec argv.0=vforked
//: expect 300: exit code=0 ppid=$pid
//: expect 300: exit code=7 ppid=$pid
//: expect: summary processes=601 lost=0
#include "hard.h"

int main(void) {
  account("pid", "%d", getpid());
  for (volatile int i = 0; i < 600; i++) {
    pid_t child = vfork();
    if (child == 0) {
      if (i & 1) execl("/bin/true", "vforked", NULL);
      _exit(7);
    }
    ended(child);
  }
  return 0;
}
