// SPDX-License-Identifier: Apache-2.0
//: claim: Where memory runs out, an exec fails or its process is killed, and that is told as the parent learnt it
//: expect: exit pid=$killed signal=$signal
//: expect: exit pid=$forked code=$forkedcode
//: expect: open requested=after pid=$pid
#include "hard.h"

int main(void) {
  account("pid", "%d", getpid());
  // So little that the new program has no room to begin.
  pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_AS, &(struct rlimit){200 << 10, 200 << 10});
    execl("/bin/true", "true", NULL);
    _exit(9);
  }
  account("killed", "%d", child);
  int status = ended(child);
  NEED(WIFSIGNALED(status));
  account("signal", "SIG%s", sigabbrev_np(WTERMSIG(status)));
  child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_AS, &(struct rlimit){64 << 20, 64 << 20});
    while (malloc(1 << 20)) {}
    _exit(fork() < 0 ? 13 : 14);
  }
  account("forked", "%d", child);
  account("forkedcode", "%d", WEXITSTATUS(ended(child)));
  touch("after");
  return 0;
}
