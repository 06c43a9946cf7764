// SPDX-License-Identifier: Apache-2.0
//: claim: A program with another personality is told like any other
//: expect: exec argv.0=again exe=$P
//: expect: open requested=x path=$W/x
#include "hard.h"
#include <sys/personality.h>

int main(int count, char **arguments) {
  (void)arguments;
  if (count == 1) {
    NEED(personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC | ADDR_LIMIT_3GB) != -1);
    execl("/proc/self/exe", "again", "x", NULL);
    return 1;
  }
  touch("x");
  return 0;
}
