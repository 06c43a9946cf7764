// SPDX-License-Identifier: Apache-2.0
//: claim: Threads with working directories and descriptors of their own are told with their own
//: expect: open requested=same path=$W/one/same tid=$one
//: expect: open requested=same path=$W/two/same tid=$two
//: expect: open requested=same path=$W/same tid=$pid
//: expect: open requested=missing path=$W/two/missing tid=$two error=ENOENT
//: expect: open requested=below path=$W/one/below tid=$one
//: expect: open requested=below error=EBADF tid=$two path=null
#include "hard.h"

static pthread_barrier_t barrier;
static int directory = 300;

static void *thread(void *name) {
  account(name, "%d", gettid());
  NEED(!unshare(CLONE_FS | CLONE_FILES) && !chdir(name));
  if (!strcmp(name, "one")) dup2(open(".", O_RDONLY | O_DIRECTORY), directory);
  pthread_barrier_wait(&barrier);
  touch("same");
  open("missing", O_RDONLY);
  openat(directory, "below", O_CREAT | O_WRONLY, 0600);
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  account("pid", "%d", getpid());
  pthread_barrier_init(&barrier, NULL, 2);
  NEED(!mkdir("one", 0755) && !mkdir("two", 0755));
  NEED(!pthread_create(&threads[0], NULL, thread, "one") && !pthread_create(&threads[1], NULL, thread, "two"));
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  touch("same");
  return 0;
}
