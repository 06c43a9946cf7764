// SPDX-License-Identifier: Apache-2.0
// Executes programs in every form, as `execs run`, or a script in memory, as `execs memory-script`. What it executes is `execs child N`, which ends with N; without
// one of these words it does nothing, whatever way it was started.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static char self[4096];
static char *environment[] = {"PATH=/usr/bin:/bin", NULL};

static void script(const char *name, const char *text, int mode) {
  int file = open(name, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  if (write(file, text, strlen(text)) < 0 || fchmod(file, mode)) exit(1);
  close(file);
}

// Runs `body` in a child, and waits for it.
#define CHILD(body)            \
  do {                         \
    pid_t child = fork();      \
    if (child == 0) {          \
      body;                    \
      _exit(99);               \
    }                          \
    waitpid(child, NULL, 0);   \
  } while (0)

static int memory_file(unsigned flags, const void *bytes, size_t size) {
  int file = memfd_create("in memory", flags);
  if (write(file, bytes, size) != (ssize_t)size) exit(1);
  return file;
}

static int copy_of_self(unsigned flags) {
  static char bytes[1 << 20];
  int from = open(self, O_RDONLY | O_CLOEXEC);
  ssize_t size = read(from, bytes, sizeof bytes);
  close(from);
  if (size <= 0) exit(1);
  return memory_file(flags, bytes, size);
}

static void *thread_exec(void *unused) {
  char *argv[] = {"from a thread", "child", "4", NULL};
  execve(self, argv, environment);
  return unused;
}

static void *thread_wait(void *unused) {
  for (;;) pause();
  return unused;
}

static void forms(void) {
  CHILD(execve(self, ((char *[]){"plain", "child", "3", NULL}), environment));
  CHILD(execve("./program", ((char *[]){"", "child", "3", "", "a b", "\n\x1b[31m\xff'\"$", NULL}), environment));
  // Without any argument the kernel gives one that is empty.
  CHILD(execve("/bin/true", ((char *[]){NULL}), environment));
  CHILD(execve("/bin/true", NULL, environment));
  CHILD(syscall(SYS_execveat, AT_FDCWD, "program", ((char *[]){"at", "child", "5", NULL}), environment, 0));
  CHILD({
    int d = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    syscall(SYS_execveat, d, "program", ((char *[]){"at", "child", "6", NULL}), environment, 0);
  });
  CHILD({
    int p = open("program", O_PATH | O_CLOEXEC);
    syscall(SYS_execveat, p, "", ((char *[]){"empty path", "child", "7", NULL}), environment, AT_EMPTY_PATH);
  });
  CHILD(fexecve(copy_of_self(MFD_CLOEXEC), ((char *[]){"from memory", "child", "8", NULL}), environment));
  CHILD({
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", copy_of_self(0));
    execve(path, ((char *[]){"from memory by name", "child", "9", NULL}), environment);
  });
  pid_t child = vfork();
  if (child == 0) {
    execve("missing", ((char *[]){"x", NULL}), environment);
    execve(self, ((char *[]){"from vfork", "child", "10", NULL}), environment);
    _exit(99);
  }
  waitpid(child, NULL, 0);
  for (int i = 0; i < 20; i++) {
    CHILD({
      pthread_t thread;
      for (int j = 0; j < 3; j++) pthread_create(&thread, NULL, thread_wait, NULL);
      pthread_create(&thread, NULL, thread_exec, NULL);
      pthread_join(thread, NULL);
    });
  }
}

static void scripts(void) {
  script("plain.sh", "#!/bin/sh\nexit 11\n", 0755);
  script("argument.sh", "#! /bin/sh  -eu \nexit 12\n", 0755);
  script("nested", "#!./plain.sh one\n", 0755);
  script("relative", "#!program child\n", 0755);
  script("broken", "#!/nowhere/interpreter\n", 0755);
  script("text", "exit 0\n", 0755);
  script("empty", "", 0755);
  script("closed", "#!/bin/sh\n", 0644);
  symlink("plain.sh", "linked.sh");
  CHILD(execve("./plain.sh", ((char *[]){"argv0", "a", "b", NULL}), environment));
  CHILD(execve("plain.sh", ((char *[]){NULL}), environment));
  CHILD(execve("argument.sh", ((char *[]){"argv0", "", "b\n", NULL}), environment));
  CHILD(execve("./nested", ((char *[]){"argv0", "a", NULL}), environment));
  CHILD(execve("relative", ((char *[]){"argv0", "a", NULL}), environment));
  CHILD(execve("linked.sh", ((char *[]){"argv0", NULL}), environment));
  CHILD(fexecve(open("plain.sh", O_RDONLY), ((char *[]){"by descriptor", NULL}), environment));
  // A script behind a descriptor that exec closes cannot be read by its interpreter: ENOENT.
  CHILD(fexecve(open("plain.sh", O_RDONLY | O_CLOEXEC), ((char *[]){"closed", NULL}), environment));
}

static void failures(void) {
  static char huge[200 * 1024];
  memset(huge, 'h', sizeof huge - 1);
  char *argv[] = {"x", NULL};
  CHILD({
    execve("missing", argv, environment);            // ENOENT
    execve("/missing/program", argv, environment);
    execve("./broken", argv, environment);           // ENOENT: its interpreter
    execve("./closed", argv, environment);           // EACCES
    execve("./text", argv, environment);             // ENOEXEC
    execve("./empty", argv, environment);
    execve("./program/x", argv, environment);        // ENOTDIR
    execve(".", argv, environment);                  // EACCES: a directory
    execve("", argv, environment);                   // ENOENT
    execve((char *)8, argv, environment);            // EFAULT
    execve("./program", (char **)8, environment);
    execve("./program", ((char *[]){huge, NULL}), environment);  // E2BIG
    syscall(SYS_execveat, 777, "program", argv, environment, 0);  // EBADF
    int d = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    syscall(SYS_execveat, d, "missing", argv, environment, 0);
    syscall(SYS_execveat, d, "", argv, environment, 0);           // ENOENT
    syscall(SYS_execveat, d, "", argv, environment, AT_EMPTY_PATH);  // EACCES
    symlink("program", "link");
    syscall(SYS_execveat, d, "link", argv, environment, 0x100);   // ELOOP: AT_SYMLINK_NOFOLLOW
    execvp("honeyguide-no-such-program", argv);      // the search through PATH
    _exit(0);
  });
}

static void sizes(void) {
  // 128 KiB in one piece (the kernel's limit, with the zero), and in many.
  static char piece[128 * 1024];
  memset(piece, 'p', sizeof piece - 1);
  CHILD(execve(self, ((char *[]){"one piece", "child", "15", piece, NULL}), environment));
  static char *many[2100];
  many[0] = "many";
  many[1] = "child";
  many[2] = "16";
  static char texts[2048][64];
  for (int i = 0; i < 2048; i++) {
    snprintf(texts[i], sizeof texts[i], "argument %d of 2048, each a little different %08x", i, i * 2654435761u);
    many[3 + i] = texts[i];
  }
  CHILD(execve(self, many, environment));
  // On both sides of the sizes at which something is likely to change.
  for (size_t size = 3960; size <= 4040; size += 8) {
    char saved = piece[size];
    piece[size] = 0;
    CHILD(execve(self, ((char *[]){"edge", "child", "17", piece, NULL}), environment));
    piece[size] = saved;
  }
  // Many environment variables change nothing about the arguments.
  char *variables[] = {piece, NULL};
  CHILD(execve(self, ((char *[]){"environment", "child", "18", NULL}), variables));
}

int main(int count, char **arguments) {
  if (count > 2 && !strcmp(arguments[1], "child")) return atoi(arguments[2]);
  if (count == 2 && !strcmp(arguments[1], "memory-script")) {
    const char text[] = "#!/bin/sh -u\nexit 14\n";
    int file = memory_file(0, text, sizeof text - 1);
    if (dup2(file, 9) == 9) fexecve(9, ((char *[]){"script in memory", "x", NULL}), environment);
    return 97;
  }
  if (count != 2 || strcmp(arguments[1], "run")) return 98;
  if (!realpath("/proc/self/exe", self)) return 1;
  symlink(self, "program");
  forms();
  scripts();
  failures();
  sizes();
  return 0;
}
