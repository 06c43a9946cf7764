// SPDX-License-Identifier: Apache-2.0
//: claim: A fork bomb of 2 000 processes, each of which forks, is told to the last of them
//: options: --wait-all
//: expect 1999: fork
//: expect 2000: exit code=0
//: expect 2000: open requested=bomb
//: expect: summary processes=2000 lost=0
#include "hard.h"

int main(void) {
  int *left = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *left = 1999;
  touch("bomb-made");
  rename("bomb-made", "bomb");
again:
  while (__sync_fetch_and_sub(left, 1) > 0) {
    pid_t child = fork();
    NEED(child >= 0);
    if (child == 0) goto again;
  }
  open("bomb", O_RDONLY);
  while (wait(NULL) > 0) {}
  return 0;
}
