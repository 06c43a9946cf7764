// SPDX-License-Identifier: Apache-2.0
//: claim: A thread that seccomp kills is not the end of its process
//: status: 8
//: expect: open path=$W/after pid=$pid
//: expect: exit pid=$pid code=8 signal=-
//: expect: summary processes=1
#include "hard.h"
#include <linux/filter.h>
#include <linux/seccomp.h>

static void *doomed(void *unused) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
  syscall(SYS_getppid);
  exit(1);
  return unused;
}

int main(void) {
  account("pid", "%d", getpid());
  pthread_t thread;
  NEED(!pthread_create(&thread, NULL, doomed, NULL));
  // Its end wakes who joins it: the kernel clears the thread's id.
  pthread_join(thread, NULL);
  touch("after");
  return 8;
}
