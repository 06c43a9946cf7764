// SPDX-License-Identifier: Apache-2.0
//: claim: An orphan is told with the process that adopted it
//: expect: open requested=before ppid=$middle pid=$orphan
//: expect: open requested=after ppid=$reaper pid=$orphan
//: expect: exit pid=$orphan ppid=$reaper code=5
//: expect: exit pid=$brother ppid=$above code=6
#include "hard.h"

int main(void) {
  NEED(!prctl(PR_SET_CHILD_SUBREAPER, 1));
  account("reaper", "%d", getpid());
  account("above", "%d", getppid());
  int turn[2];
  NEED(!pipe(turn));
  pid_t middle = fork();
  if (middle == 0) {
    account("middle", "%d", getpid());
    if (fork() == 0) {
      pid_t parent = getppid();
      account("orphan", "%d", getpid());
      touch("before");
      NEED(write(turn[1], "x", 1) == 1);
      while (getppid() == parent) usleep(1000);
      touch("after");
      _exit(5);
    }
    char byte;
    NEED(read(turn[0], &byte, 1) == 1);
    _exit(0);
  }
  ended(middle);
  int status;
  NEED(wait(&status) > 0 && WEXITSTATUS(status) == 5);
  // A child that is made its maker's brother. Nobody here can wait for it.
  pid_t brother = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
  if (brother == 0) _exit(6);
  account("brother", "%d", brother);
  while (!kill(brother, 0)) {
    char name[64], text[256] = "";
    snprintf(name, sizeof name, "/proc/%d/stat", brother);
    int file = open(name, O_RDONLY);
    if (file < 0) break;
    NEED(read(file, text, sizeof text - 1) >= 0);
    close(file);
    if (strstr(text, ") Z")) break;
    usleep(1000);
  }
  return 0;
}
