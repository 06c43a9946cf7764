// SPDX-License-Identifier: Apache-2.0
//: claim: A daemon that forked twice and whose parents are gone is followed to its end
//: options: --wait-all
//: status: 3
//: expect: fork child.pid=$middle
//: expect: fork pid=$middle child.pid=$daemon
//: expect: exit pid=$middle code=4
//: expect: open path=$W/by-the-daemon pid=$daemon ppid=$adopter comm=daemon
//: expect: open path=$W/by-the-daemon pid=$daemon ppid=$adopter comm=cat
//: expect: exec pid=$daemon argv.1=$W/by-the-daemon ppid=$adopter
//: expect: exit pid=$daemon code=0
//: expect: summary exit_code=3 processes=3
#include "hard.h"

int main(void) {
  pid_t middle = fork();
  if (middle == 0) {
    setsid();
    pid_t parent = getpid();
    if (fork() == 0) {
      // Until somebody else is the parent.
      while (getppid() == parent) usleep(1000);
      account("middle", "%d", parent);
      account("daemon", "%d", getpid());
      account("adopter", "%d", getppid());
      char name[PATH_MAX];
      NEED(getcwd(name, sizeof name - 20));
      strcat(name, "/by-the-daemon");
      touch(name);
      usleep(50000);
      execl("/bin/cat", "cat", name, NULL);
    }
    _exit(4);
  }
  NEED(ended(middle) == 4 << 8);
  return 3;
}
