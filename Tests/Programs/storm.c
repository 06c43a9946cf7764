// SPDX-License-Identifier: Apache-2.0
// `storm PARENTS CHILDREN LOG`: PARENTS processes at once start CHILDREN short-lived ones each. Of every child its
// parent writes into LOG.PARENT what wait told: "PARENT-NUMBER PID CODE", where CODE is (PARENT * 31 + NUMBER) % 256.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static void *execute(void *argv) {
  execv("/proc/self/exe", argv);
  return NULL;
}

static void execute_in_thread(char **argv) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, execute, argv) == 0) pthread_join(thread, NULL);
}

static void run_parent(int parent, int children, const char *log) {
  char name[4096], label[32], code[16];
  snprintf(name, sizeof name, "%s.%d", log, parent);
  FILE *file = fopen(name, "we");
  int own = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (!file || own < 0) exit(1);
  for (int number = 0; number < children; number++) {
    snprintf(label, sizeof label, "%d-%d", parent, number);
    snprintf(code, sizeof code, "%d", (parent * 31 + number) % 256);
    char *argv[] = {"child", label, code, NULL};
    // In turn: a copy of its parent; one that shares its memory until it executes; one that executes what a
    // descriptor leads to; one whose second thread executes.
    pid_t child = number % 4 == 1 ? vfork() : fork();
    if (child == 0) {
      if (number % 4 == 2) syscall(SYS_execveat, own, "", argv, environ, AT_EMPTY_PATH);
      if (number % 4 == 3) execute_in_thread(argv);
      execv("/proc/self/exe", argv);
      _exit(1);
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) exit(2);
    fprintf(file, "%s %d %d\n", label, child, WEXITSTATUS(status));
  }
  fclose(file);
}

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[0], "child")) return atoi(arguments[2]);
  if (count != 4) return 64;
  int parents = atoi(arguments[1]);
  for (int parent = 0; parent < parents; parent++) {
    if (fork() == 0) {
      run_parent(parent, atoi(arguments[2]), arguments[3]);
      _exit(0);
    }
  }
  int status, failures = 0;
  while (wait(&status) > 0) failures += status != 0;
  return failures;
}
