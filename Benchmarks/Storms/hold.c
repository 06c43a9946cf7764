// SPDX-License-Identifier: Apache-2.0
// hold RESULT MARKER: does nothing until standard input ends: somebody for a tracer to follow.
#include "storm.h"

static const char *marker_path;

static void marker(void) {
  for (int i = 0; i < 200; i++) {
    int fd = open(marker_path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) close(fd);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  marker_path = argv[2];
  storm_gate(marker);
  storm_begin();
  storm_end(argv[1], 0);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
