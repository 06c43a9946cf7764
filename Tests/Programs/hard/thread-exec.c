// SPDX-License-Identifier: Apache-2.0
//: claim: An exec by a thread while others live goes on as the same process, with the leader's id
//: status: 5
//: expect: exec argv.0=by-a-thread pid=$pid tid=$pid
//: expect: open path=$W/by-the-thread pid=$pid tid=$tid
//: expect: open path=$W/after pid=$pid tid=$pid
//: expect: exit pid=$pid code=5
//: expect: summary processes=1
#include "hard.h"

static void *sleeper(void *unused) {
  for (;;) pause();
  return unused;
}

static void *executer(void *unused) {
  account("tid", "%d", gettid());
  touch("by-the-thread");
  execl("/proc/self/exe", "by-a-thread", "again", NULL);
  return unused;
}

int main(int count, char **arguments) {
  if (count > 1) {
    (void)arguments;
    touch("after");
    return 5;
  }
  account("pid", "%d", getpid());
  pthread_t thread;
  for (int i = 0; i < 8; i++) NEED(!pthread_create(&thread, NULL, sleeper, NULL));
  NEED(!pthread_create(&thread, NULL, executer, NULL));
  for (;;) pause();
}
