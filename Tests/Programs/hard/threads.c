// SPDX-License-Identifier: Apache-2.0
//: claim: Each of 64 threads that open a file at the same moment is told with its own
//: expect 64: open requested=thread-* pid=$pid tid!$pid
//: expect: open requested=thread-0 path=$W/thread-0 tid=$tid0
//: expect: open requested=thread-31 path=$W/thread-31 tid=$tid31
//: expect: open requested=thread-63 path=$W/thread-63 tid=$tid63
//: expect: summary processes=1 lost=0
#include "hard.h"

static pthread_barrier_t barrier;

static void *thread(void *number) {
  char name[32];
  snprintf(name, sizeof name, "tid%ld", (long)number);
  account(name, "%d", gettid());
  snprintf(name, sizeof name, "thread-%ld", (long)number);
  pthread_barrier_wait(&barrier);
  touch(name);
  return NULL;
}

int main(void) {
  pthread_t threads[64];
  account("pid", "%d", getpid());
  pthread_barrier_init(&barrier, NULL, 64);
  for (long i = 0; i < 64; i++) NEED(!pthread_create(&threads[i], NULL, thread, (void *)i));
  for (int i = 0; i < 64; i++) pthread_join(threads[i], NULL);
  return 0;
}
