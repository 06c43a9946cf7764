// SPDX-License-Identifier: Apache-2.0
//: claim: A program under its own debugger is told as without it
//: command: /usr/bin/strace -f -o trace $P
//: status: 12
//: expect: open requested=x path=$W/x pid=$pid
//: expect: exec argv.0=true pid=$child
//: expect: exit pid=$child code=0
//: expect: exit pid=$pid code=12
//: expect some: ptrace
#include "hard.h"

int main(void) {
  account("pid", "%d", getpid());
  touch("x");
  pid_t child = fork();
  if (child == 0) {
    account("child", "%d", getpid());
    execl("/bin/true", "true", NULL);
  }
  ended(child);
  return 12;
}
