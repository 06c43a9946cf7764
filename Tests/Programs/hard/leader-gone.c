// SPDX-License-Identifier: Apache-2.0
//: claim: A process whose first thread is gone goes on: what the others do is its doing, and the last one's code its end
//: status: 7
//: expect: open requested=relative path=$W/directory/relative pid=$pid tid=$tid
//: expect: exec argv.0=true pid=$child
//: expect: chdir path=$W/directory pid=$pid
//: expect: exit pid=$pid code=7
//: expect: summary processes=2
#include "hard.h"

static void *other(void *leader) {
  // Until the leader is a zombie.
  char name[64], text[256] = "";
  snprintf(name, sizeof name, "/proc/self/task/%d/stat", (int)(long)leader);
  while (!strstr(text, ") Z")) {
    int file = open(name, O_RDONLY);
    ssize_t size = read(file, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    close(file);
    usleep(1000);
  }
  account("tid", "%d", gettid());
  mkdir("directory", 0755);
  NEED(!chdir("directory"));
  touch("relative");
  pid_t child = fork();
  if (child == 0) {
    account("child", "%d", getpid());
    execl("/bin/true", "true", NULL);
  }
  ended(child);
  exit(7);
}

int main(void) {
  account("pid", "%d", getpid());
  pthread_t thread;
  NEED(!pthread_create(&thread, NULL, other, (void *)(long)getpid()));
  syscall(SYS_exit, 3);
}
