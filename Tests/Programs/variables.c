// SPDX-License-Identifier: Apache-2.0
// Looks up variables of its environment, and writes what it found: name, a zero, "=" and the value or "-", a zero.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void write_answer(const char *name, const char *value) {
  pthread_mutex_lock(&lock);
  fwrite(name, 1, strlen(name) + 1, stdout);
  putchar(value ? '=' : '-');
  if (value) fputs(value, stdout);
  putchar(0);
  pthread_mutex_unlock(&lock);
}

static void ask(const char *name) { write_answer(name, getenv(name)); }
static void ask_safely(const char *name) { write_answer(name, secure_getenv(name)); }

static void *ask_often(void *number) {
  char name[64];
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "THREAD_%ld_%d", (long)number, i);
    ask(name);
    ask("SHARED");
  }
  return NULL;
}

static void handle(int number) {
  (void)number;
  ask("IN_HANDLER");
}

static void in_child(void (*act)(void)) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    act();
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

enum { TOGETHER = 3000 };
static int arrivals;

// Two threads look up each name at the same moment.
static void *ask_together(void *writes) {
  char name[64];
  for (int i = 1; i <= TOGETHER; i++) {
    snprintf(name, sizeof name, "TOGETHER_%d", i);
    __atomic_add_fetch(&arrivals, 1, __ATOMIC_SEQ_CST);
    for (int spins = 0; __atomic_load_n(&arrivals, __ATOMIC_SEQ_CST) < 2 * i; spins++)
      if (spins > 100000) sched_yield();
    const char *value = getenv(name);
    if (writes) write_answer(name, value);
  }
  return NULL;
}

static void ask_in_child(void) { ask("SET"); }
static void ask_badly(void) { getenv((const char *)16); }

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "safely")) {
    ask("SET");
    ask_safely("SAFE");
    ask_safely("NOWHERE");
    return 0;
  }
  if (count > 1 && !strcmp(arguments[1], "together")) {
    pthread_t other;
    pthread_create(&other, NULL, ask_together, NULL);
    ask_together("writes");
    pthread_join(other, NULL);
    return 0;
  }
  static char long_value[6001], long_name[5001];
  memset(long_value, 'v', 6000);
  memset(long_name, 'n', 5000);
  ask("SET");
  ask("SET");
  ask("NOT_SET");
  ask("EMPTY");
  ask("");
  ask("odd\xff\x01 name\n");
  ask("ODD_VALUE");
  ask_safely("SAFE");
  setenv("SET", "another", 1);
  ask("SET");
  setenv("LONG", long_value, 1);
  ask("LONG");
  setenv("LONG", long_value + 1905, 1);  // with its zero what is kept: the longest that is whole
  ask("LONG");
  ask(long_name);
  signal(SIGUSR1, handle);
  raise(SIGUSR1);
  pthread_t threads[8];
  for (long i = 0; i < 8; i++) pthread_create(&threads[i], NULL, ask_often, (void *)i);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  in_child(ask_in_child);
  in_child(ask_badly);
  return 0;
}
