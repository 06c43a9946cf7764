// SPDX-License-Identifier: Apache-2.0
//: claim: Where a pid namespace has four numbers left, each is many processes one after the other, and they are told apart
//: expect 3: fork child.ns_pid=300
//: expect 3: fork child.ns_pid=301
//: expect 3: fork child.ns_pid=302
//: expect 3: fork child.ns_pid=303
//: expect 3: exec argv.1=round ns_pid=300
//: expect 3: exec argv.1=round ns_pid=303
//: expect: fork child.ns_pid=300 child.pid=$round0
//: expect: fork child.ns_pid=300 child.pid=$round4
//: expect: fork child.ns_pid=300 child.pid=$round8
//: expect: fork child.ns_pid=303 child.pid=$round11
//: expect: exec argv.2=round0 ns_pid=300 pid=$round0
//: expect: exec argv.2=round4 ns_pid=300 pid=$round4
//: expect: exec argv.2=round6 ns_pid=302 pid=$round6
//: expect: exec argv.2=round11 ns_pid=303 pid=$round11
//: expect: open path=$W/round0 pid=$round0
//: expect: open path=$W/round4 pid=$round4
//: expect: open path=$W/round8 pid=$round8
//: expect: open path=$W/round11 pid=$round11
//: expect: exit pid=$round0 code=20
//: expect: exit pid=$round4 code=24
//: expect: exit pid=$round8 code=28
//: expect: exit pid=$round11 code=31
//: expect: summary processes=312
#include "hard.h"
#include <linux/sched.h>

// The kernel begins again at 300, however few there are.
enum { FIRST = 300, LEFT = 4, ROUNDS = 3 };

static const char LIMIT[] = "/proc/sys/kernel/pid_max";

static int limit(void) {
  char text[32] = {};
  int file = open(LIMIT, O_RDONLY | O_CLOEXEC);
  NEED(file >= 0 && read(file, text, sizeof text - 1) > 0);
  close(file);
  return atoi(text);
}

static void set_limit(int number) {
  int file = open(LIMIT, O_WRONLY | O_CLOEXEC);
  NEED(file >= 0 && dprintf(file, "%d", number) > 0);
  close(file);
}

// fork, with a number that the kernel is asked for unless that is 0.
static pid_t fork_as(pid_t number) {
  pid_t wanted[] = {number};
  struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = number ? (uintptr_t)wanted : 0, .set_tid_size = number != 0};
  return syscall(SYS_clone3, &how, sizeof how);
}

// The namespace's first process.
static void live(int changed, int answer) {
  // Whether the limit is this namespace's own (since Linux 6.14): where it is the machine's, who is outside sees the change.
  int before = limit();
  set_limit(before - 1);
  char is_own;
  NEED(write(changed, &before, sizeof before) == sizeof before && read(answer, &is_own, 1) == 1);
  if (is_own) set_limit(FIRST + LEFT);
  for (int i = 2; i < FIRST; i++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    NEED(child == i && ended(child) == 0);
  }
  for (int i = 0; i < ROUNDS * LEFT; i++) {
    char name[16], outside[16] = {};
    snprintf(name, sizeof name, "round%d", i);
    pid_t number = FIRST + i % LEFT, child = fork_as(is_own ? 0 : number);
    if (child == 0) {
      // This /proc is that of the namespace outside.
      NEED(readlink("/proc/self", outside, sizeof outside - 1) > 0);
      account(name, "%s", outside);
      execl("/proc/self/exe", "few-pids", "round", name, NULL);
      _exit(100);
    }
    NEED(child == number && ended(child) == (20 + i) << 8);
  }
  _exit(0);
}

int main(int count, char **arguments) {
  if (count > 1) {
    touch(arguments[2]);
    return 20 + atoi(arguments[2] + strlen("round"));
  }
  int changed[2], answer[2], before;
  NEED(!pipe2(changed, O_CLOEXEC) && !pipe2(answer, O_CLOEXEC) && !unshare(CLONE_NEWPID));
  int outside = limit();
  pid_t first = fork();
  if (first == 0) live(changed[1], answer[0]);
  NEED(first > 0 && read(changed[0], &before, sizeof before) == sizeof before);
  char is_own = limit() == outside;
  if (!is_own) set_limit(outside);
  NEED(write(answer[1], &is_own, 1) == 1 && ended(first) == 0);
  account("own", "%d", is_own);
  return 0;
}
