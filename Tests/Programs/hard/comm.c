// SPDX-License-Identifier: Apache-2.0
//: claim: The name of a thread is the one it had then, whoever gave it
//: expect: open requested=a comm=comm
//: expect: open requested=b comm=fifteen\x20bytes\x20o
//: expect: open requested=c comm=by\x0afile\x1b[31m
//: expect: open requested=d comm=\xff\xfe tid=$tid
//: expect: open requested=e comm=by\x0afile\x1b[31m
#include "hard.h"

static void *other(void *unused) {
  account("tid", "%d", gettid());
  pthread_setname_np(pthread_self(), "\xff\xfe");
  touch("d");
  return unused;
}

int main(void) {
  touch("a");
  prctl(PR_SET_NAME, "fifteen bytes of them");
  touch("b");
  int file = open("/proc/self/comm", O_WRONLY);
  NEED(write(file, "by\nfile\033[31m", 12) == 12);
  touch("c");
  pthread_t thread;
  NEED(!pthread_create(&thread, NULL, other, NULL) && !pthread_join(thread, NULL));
  touch("e");
  return 0;
}
