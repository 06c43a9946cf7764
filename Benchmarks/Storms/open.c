// SPDX-License-Identifier: Apache-2.0
// open RESULT COUNT PATH MARKER: COUNT times open and close of PATH, which exists.
#include "storm.h"

static const char *marker_path;

static void marker(void) {
  for (int i = 0; i < 200; i++) {
    int fd = open(marker_path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  long count = atol(argv[2]);
  const char *path = argv[3];
  marker_path = argv[4];
  storm_gate(marker);
  storm_begin();
  for (long i = 0; i < count; i++) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) storm_fail(path);
    close(fd);
  }
  storm_end(argv[1], count);
  return 0;
}
