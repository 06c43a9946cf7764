// SPDX-License-Identifier: Apache-2.0
//: claim: Each process ends as whoever waited for it learnt: killed from outside, with a core, never waited for
//: expect: exit pid=$killed signal=SIGKILL code=- core_dumped=-
//: expect: exit pid=$core signal=SIGSEGV core_dumped=$dumped
//: expect: exit pid=$nocore signal=SIGSEGV core_dumped=-
//: expect: exit pid=$realtime signal=SIGRTMIN+1
//: expect: exit pid=$zombie code=255
//: expect: exit pid=$big code=44
#include "hard.h"

int main(void) {
  pid_t child;
  if ((child = fork()) == 0) for (;;) pause();
  account("killed", "%d", child);
  pid_t killer = fork();
  if (killer == 0) _exit(kill(child, SIGKILL));
  ended(killer);
  NEED(WTERMSIG(ended(child)) == SIGKILL);
  for (int i = 0; i < 2; i++) {
    if ((child = fork()) == 0) {
      rlim_t size = i ? 0 : RLIM_INFINITY;
      setrlimit(RLIMIT_CORE, &(struct rlimit){size, size});
      prctl(PR_SET_DUMPABLE, 1);
      raise(SIGSEGV);
    }
    account(i ? "nocore" : "core", "%d", child);
    int status = ended(child);
    NEED(WTERMSIG(status) == SIGSEGV);
    if (!i) account("dumped", "%s", WCOREDUMP(status) ? "true" : "-");
  }
  if ((child = fork()) == 0) raise(SIGRTMIN + 1);
  account("realtime", "%d", child);
  ended(child);
  if ((child = fork()) == 0) _exit(300);  // eight bits of it
  account("big", "%d", child);
  NEED(WEXITSTATUS(ended(child)) == 44);
  if ((child = fork()) == 0) _exit(-1);
  account("zombie", "%d", child);
  // Nobody waits for that one; that it has ended can be seen all the same.
  siginfo_t info;
  NEED(!waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  return 0;
}
