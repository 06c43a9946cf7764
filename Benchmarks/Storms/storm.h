// SPDX-License-Identifier: Apache-2.0
//
// What every storm shares: a gate to wait at until the tracer is attached, and its own clocks.
//
// A storm is told when to begin by a byte on standard input. Until that byte comes it makes its own kind
// of call on a marker path every 20 ms, so that the driver can tell from a tracer's output file that the
// tracer is attached. Only what lies between storm_begin and storm_end is measured, by the storm itself,
// with the kernel's accounting of the storm and of the children it waited for.
#ifndef STORM_H
#define STORM_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int64_t storm_wall_start, storm_cpu_start;

static int64_t storm_wall(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// User and system time of this process and of the children it waited for, in nanoseconds.
static int64_t storm_cpu(void) {
  int64_t sum = 0;
  int who[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
  for (int i = 0; i < 2; i++) {
    struct rusage usage;
    getrusage(who[i], &usage);
    sum += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
  }
  return sum;
}

static void storm_fail(const char *what) {
  fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
  exit(3);
}

// Waits for the byte that opens the gate. `marker` is called every 20 ms meanwhile.
static void storm_gate(void (*marker)(void)) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  for (;;) {
    int ready = poll(&input, 1, 20);
    if (ready < 0 && errno != EINTR) storm_fail("poll");
    if (ready > 0) {
      char byte;
      if (read(STDIN_FILENO, &byte, 1) != 1) exit(4);
      return;
    }
    marker();
  }
}

static void storm_begin(void) {
  storm_cpu_start = storm_cpu();
  storm_wall_start = storm_wall();
}

// Writes the result: operations done, CPU and wall nanoseconds of the measured part, CPU since the start.
static void storm_end(const char *path, long operations) {
  int64_t wall = storm_wall() - storm_wall_start, total = storm_cpu();
  FILE *result = fopen(path, "we");
  if (!result) storm_fail(path);
  fprintf(result, "%ld %lld %lld %lld\n", operations, (long long)(total - storm_cpu_start),
          (long long)wall, (long long)total);
  if (fclose(result)) storm_fail(path);
}

#endif
