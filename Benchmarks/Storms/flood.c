// SPDX-License-Identifier: Apache-2.0
// flood RESULT SECONDS PROCESSES PATH: each of PROCESSES opens and closes PATH for SECONDS; where PATH is "-" it asks
// for what the kernel refuses at once (ftruncate of no descriptor), the cheapest call that is told. How many calls there
// were is counted by those who made them.
#include "storm.h"

#include <sys/mman.h>
#include <sys/wait.h>

enum { PROCESSES = 64, ROUND = 256 };

// A cache line for each, or they would slow each other down.
struct counter {
  long calls;
  char unused[120];
};

static void marker(void) {}

static void flood(struct counter *counter, int64_t end, const char *path) {
  int refused = !strcmp(path, "-");
  while (storm_wall() < end) {
    for (int i = 0; i < ROUND; i++) {
      if (refused) {
        if (!ftruncate(-1, 0)) storm_fail("ftruncate");
        continue;
      }
      int fd = open(path, O_RDONLY);
      if (fd < 0) storm_fail(path);
      close(fd);
    }
    counter->calls += ROUND;
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int64_t seconds = atol(argv[2]);
  int processes = atoi(argv[3]);
  if (processes < 1 || processes > PROCESSES) return 2;
  struct counter *counters =
      mmap(NULL, PROCESSES * sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (counters == MAP_FAILED) storm_fail("mmap");
  storm_gate(marker);
  storm_begin();
  int64_t end = storm_wall_start + seconds * 1000000000LL;
  for (int i = 0; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) storm_fail("fork");
    if (child == 0) {
      flood(&counters[i], end, argv[4]);
      _exit(0);
    }
  }
  long calls = 0;
  for (int i = 0; i < processes; i++) {
    int status;
    if (wait(&status) < 0 || status) exit(5);
  }
  for (int i = 0; i < processes; i++) calls += counters[i].calls;
  storm_end(argv[1], calls);
  return 0;
}
