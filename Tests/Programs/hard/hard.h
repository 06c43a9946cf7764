// SPDX-License-Identifier: Apache-2.0
// What the hard cases share. They write what they know about themselves into the file `account`: the witness.
#pragma once
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// The file is opened once, where the program starts: later it may be elsewhere, or somebody else.
static int account_file = -1;

__attribute__((constructor, unused)) static void open_account(void) {
  int file = open("account", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  account_file = fcntl(file, F_DUPFD_CLOEXEC, 200);
  if (account_file >= 0) close(file);
  else account_file = file;
}

// One line NAME=VALUE, in one write: several processes may have something to say.
__attribute__((format(printf, 2, 3), unused)) static void account(const char *name, const char *format, ...) {
  static __thread char line[8192];
  int size = snprintf(line, sizeof line, "%s=", name);
  va_list values;
  va_start(values, format);
  size += vsnprintf(line + size, sizeof line - size - 1, format, values);
  va_end(values);
  line[size++] = '\n';
  if (write(account_file, line, size) != size) _exit(101);
}

// What must work for the case to be the case.
#define NEED(condition)                                                             \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, strerror(errno)); \
      _exit(100);                                                                   \
    }                                                                               \
  } while (0)

__attribute__((unused)) static void touch(const char *name) {
  int file = open(name, O_CREAT | O_WRONLY, 0644);
  NEED(file >= 0);
  close(file);
}

__attribute__((unused)) static int ended(pid_t child) {
  int status = 0;
  NEED(waitpid(child, &status, 0) == child);
  return status;
}

__attribute__((unused)) static long long boot_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}
