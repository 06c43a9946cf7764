// SPDX-License-Identifier: Apache-2.0
#include "called.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned short semaphore __attribute__((section(".probes"))) = 0;

unsigned long hg_test_semaphore_address(void) { return (unsigned long)&semaphore; }
int hg_test_semaphore_value(void) { return semaphore; }

__attribute__((noinline)) int hg_test_called(int number) { return number + 1; }
__attribute__((noinline)) int hg_test_called_beside(int number) { return number + 2; }

int hg_test_called_in_child(int number) {
  pid_t child = fork();
  if (child == 0) _exit(hg_test_called(number) == number + 1 ? 0 : 1);
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? child : -1;
}

static void *call(void *number) { return (void *)(intptr_t)hg_test_called((int)(intptr_t)number); }

void hg_test_called_in_thread(int number) {
  pthread_t thread;
  if (pthread_create(&thread, 0, call, (void *)(intptr_t)number) == 0) pthread_join(thread, 0);
}

int hg_test_waiting_child(void) {
  pid_t child = fork();
  if (child == 0) while (1) pause();
  return child;
}
