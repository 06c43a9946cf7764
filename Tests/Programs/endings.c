// SPDX-License-Identifier: Apache-2.0
// Processes that end in unusual ways; what each did and how it ended is for the witnesses to tell.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void touch(const char *name) { close(open(name, O_CREAT | O_WRONLY, 0600)); }

static void *outlive(void *code) {
  usleep(20000);
  touch("written after the leader was gone");
  if (code) exit((int)(long)code);
  return NULL;
}

static void *end_together(void *unused) {
  pthread_barrier_wait(&barrier);
  syscall(SYS_exit, 0);
  return unused;
}

static void *kill_all(void *unused) {
  kill(getpid(), SIGKILL);
  return unused;
}

#define CHILD(body)          \
  do {                       \
    if (fork() == 0) {       \
      body;                  \
      _exit(99);             \
    }                        \
    wait(NULL);              \
  } while (0)

static int in_shared_directory(void *unused) {
  (void)unused;
  // With CLONE_FS this is the parent's directory as well.
  if (chdir("shared")) return 1;
  touch("by the child");
  return 21;
}

int main(void) {
  pthread_t thread;
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  // The leader ends first; another thread gives the code, or nobody does.
  CHILD({
    pthread_create(&thread, NULL, outlive, (void *)5l);
    syscall(SYS_exit, 3);
  });
  CHILD({
    pthread_create(&thread, NULL, outlive, NULL);
    syscall(SYS_exit, 4);
  });
  // All threads end at the same moment, each on its own.
  for (int i = 0; i < 100; i++) {
    CHILD({
      pthread_barrier_init(&barrier, NULL, 4);
      for (int j = 0; j < 3; j++) pthread_create(&thread, NULL, end_together, NULL);
      end_together(NULL);
    });
  }
  // Signals, of their own and of others.
  for (int i = 0; i < 3; i++) CHILD(raise((int[]){SIGTERM, SIGSEGV, SIGKILL}[i]));
  CHILD(abort());
  CHILD({
    pthread_create(&thread, NULL, kill_all, NULL);
    for (;;) pause();
  });
  // A child that shares memory and ends without executing anything.
  if (vfork() == 0) {
    touch("by a vfork child");
    _exit(7);
  }
  wait(NULL);
  // A child that shares the working directory, and one that shares the descriptors.
  static char stack[1 << 16];
  syscall(SYS_mkdir, "shared", 0755);
  clone(in_shared_directory, stack + sizeof stack, CLONE_FS | SIGCHLD, NULL);
  wait(NULL);
  touch("in the shared directory");
  if (chdir("..")) return 1;
  clone(in_shared_directory, stack + sizeof stack, CLONE_FILES | SIGCHLD, NULL);
  wait(NULL);
  touch("not in the shared directory");
  // Two generations at once: the middle one does not wait.
  CHILD({
    if (fork() == 0) {
      touch("by a grandchild");
      _exit(8);
    }
    usleep(50000);
    _exit(9);
  });
  usleep(100000);
  return 10;
}
