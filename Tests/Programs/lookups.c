// SPDX-License-Identifier: Apache-2.0
// Asks about names in every form; each question that is asked twice counts once.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/stat.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_newfstatat
#define SYS_newfstatat SYS_fstatat64
#endif

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static char buffer[4096];

static void ask(int directory, const char *name) {
  syscall(SYS_stat, name, buffer);
  syscall(SYS_lstat, name, buffer);
  syscall(SYS_newfstatat, directory, name, buffer, 0);
  syscall(SYS_newfstatat, directory, name, buffer, AT_SYMLINK_NOFOLLOW);
  syscall(SYS_statx, directory, name, 0, 0x7ff, buffer);
  syscall(SYS_access, name, R_OK);
  syscall(SYS_faccessat, directory, name, X_OK);
  syscall(SYS_faccessat2, directory, name, W_OK, 0x200);
  syscall(SYS_readlink, name, buffer, sizeof buffer);
  syscall(SYS_readlinkat, directory, name, buffer, sizeof buffer);
}

static void *asker(void *name) {
  ask(AT_FDCWD, name);
  return NULL;
}

int main(void) {
  mkdir("d", 0755);
  close(open("d/file", O_CREAT | O_WRONLY, 0600));
  symlink("file", "d/link");
  int d = open("d", O_RDONLY | O_DIRECTORY), f = open("d/file", O_RDONLY), l = open("d/link", O_PATH | O_NOFOLLOW);

  for (int i = 0; i < 3; i++) {
    ask(AT_FDCWD, "d/file");
    ask(d, "file");
    ask(d, "link");
    ask(d, "missing");
    ask(d, "file/x");
    ask(d, "./sub/..//./file");
    ask(777, "file");
    ask(777, "/etc/passwd");
    ask(AT_FDCWD, "/etc/honeyguide-missing.cfg");
    ask(AT_FDCWD, "");
    ask(d, "");
    ask(AT_FDCWD, (const char *)8);
  }

  // An empty name and AT_EMPTY_PATH: questions about a descriptor, no look-ups.
  syscall(SYS_newfstatat, f, "", buffer, AT_EMPTY_PATH);
  syscall(SYS_statx, f, "", AT_EMPTY_PATH, 0x7ff, buffer);
  syscall(SYS_statx, AT_FDCWD, "", AT_EMPTY_PATH, 0x7ff, buffer);
  syscall(SYS_newfstatat, 777, "", buffer, AT_EMPTY_PATH);
  syscall(SYS_fstat, f, buffer);
  // With a name AT_EMPTY_PATH changes nothing.
  syscall(SYS_newfstatat, d, "file", buffer, AT_EMPTY_PATH);
  // readlinkat needs no flag for an empty name: the link that the descriptor is.
  syscall(SYS_readlinkat, l, "", buffer, sizeof buffer);

  // A thread belongs to its process: these are repeats.
  pthread_t thread;
  pthread_create(&thread, NULL, asker, "d/file");
  pthread_join(thread, NULL);

  // A child is a process of its own: these count again.
  if (fork() == 0) {
    ask(AT_FDCWD, "d/file");
    _exit(0);
  }
  wait(NULL);

  // The answer changed: that is another event.
  unlink("d/file");
  ask(AT_FDCWD, "d/file");
  return 0;
}
