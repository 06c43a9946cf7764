// SPDX-License-Identifier: Apache-2.0
// A hard case for the guest alone: it lowers the machine's pid_max, until the kernel gives numbers a third time.
//: claim: Processes that had the same process id one after the other are told apart, wherever the kernel begins again
//: expect 3: fork child.pid=$pid
//: expect: open path=$W/$first pid=$pid
//: expect: open path=$W/$second pid=$pid
//: expect: open path=$W/$third pid=$pid
//: expect: exit pid=$pid code=11
//: expect: exit pid=$pid code=12
//: expect: exit pid=$pid code=13
//: expect: summary processes=$processes
#include "../Programs/hard/hard.h"

enum { LIMIT = 340, NUMBERS = 4096 };

static void set_limit(int number) {
  int file = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
  NEED(file >= 0 && dprintf(file, "%d", number) > 0);
  close(file);
}

int main(void) {
  char before[32] = {};
  int file = open("/proc/sys/kernel/pid_max", O_RDONLY | O_CLOEXEC);
  NEED(file >= 0 && read(file, before, sizeof before - 1) > 0);
  close(file);
  // Which of the children had a number, by how often it was given.
  static int had[LIMIT][4];
  set_limit(LIMIT);
  int count = 0;
  for (pid_t again = 0; !again; count++) {
    NEED(count < NUMBERS);
    char name[16];
    snprintf(name, sizeof name, "child%d", count);
    // Who waits for this has the number first.
    int go[2];
    NEED(!pipe2(go, O_CLOEXEC));
    pid_t child = fork();
    if (child == 0) {
      char code;
      if (read(go[0], &code, 1) != 1) _exit(1);
      touch(name);
      _exit(code);
    }
    NEED(child > 0 && child < NUMBERS);
    int *mine = child < LIMIT ? had[child] : had[0];
    char code = 11 + (child < LIMIT ? mine[0] : 0);
    NEED(write(go[1], &code, 1) == 1 && ended(child) == code << 8);
    close(go[0]);
    close(go[1]);
    if (child >= LIMIT) continue;
    mine[++mine[0]] = count;
    if (mine[0] == 3) again = child;
    if (!again) continue;
    account("pid", "%d", again);
    account("first", "child%d", mine[1]);
    account("second", "child%d", mine[2]);
    account("third", "child%d", mine[3]);
  }
  set_limit(atoi(before));
  account("processes", "%d", count + 1);
  return 0;
}
