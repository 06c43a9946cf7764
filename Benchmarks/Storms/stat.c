// SPDX-License-Identifier: Apache-2.0
// stat RESULT DISTINCT ROUNDS PREFIX MARKER: stats PREFIX0, PREFIX1, ... up to DISTINCT, ROUNDS times over.
//
// With DISTINCT 1 the one path exists; otherwise none of them does, and another outcome is an error.
#include <sys/stat.h>

#include "storm.h"

static const char *marker_path;

static void marker(void) {
  struct stat status;
  for (int i = 0; i < 200; i++) stat(marker_path, &status);
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  long distinct = atol(argv[2]), rounds = atol(argv[3]);
  size_t stride = strlen(argv[4]) + 16;
  // Written before the measured part, so that only the calls are in it.
  char *paths = malloc(stride * distinct);
  if (!paths) storm_fail("malloc");
  for (long i = 0; i < distinct; i++) snprintf(paths + i * stride, stride, "%s%ld", argv[4], i);
  marker_path = argv[5];
  int expected = distinct == 1 ? 0 : -1;
  storm_gate(marker);
  storm_begin();
  for (long round = 0; round < rounds; round++)
    for (long i = 0; i < distinct; i++) {
      struct stat status;
      if (stat(paths + i * stride, &status) != expected) storm_fail(paths + i * stride);
    }
  storm_end(argv[1], distinct * rounds);
  return 0;
}
