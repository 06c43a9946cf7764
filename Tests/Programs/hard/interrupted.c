// SPDX-License-Identifier: Apache-2.0
//: claim: An open that signals interrupt is told once, however often it is tried again
//: expect: open requested=fifo error=- flags=O_RDONLY
//: expect: open requested=fifo error=- flags=O_WRONLY
#include "hard.h"

static volatile int rings;
static void ring(int number) {
  (void)number;
  rings++;
}

int main(void) {
  NEED(!mkfifo("fifo", 0600));
  struct sigaction action = {.sa_handler = ring, .sa_flags = SA_RESTART};
  struct itimerspec often = {{0, 5000000}, {0, 5000000}};
  timer_t timer;
  sigaction(SIGALRM, &action, NULL);
  NEED(!timer_create(CLOCK_MONOTONIC, NULL, &timer) && !timer_settime(timer, 0, &often, NULL));
  pid_t child = fork();
  if (child == 0) {
    usleep(60000);
    _exit(open("fifo", O_WRONLY) < 0);
  }
  int before = rings;
  NEED(open("fifo", O_RDONLY) >= 0);
  NEED(rings - before > 3);
  return ended(child);
}
