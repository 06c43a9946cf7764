// SPDX-License-Identifier: Apache-2.0
// getenv RESULT COUNT: looks up a variable COUNT times; what is added to it is the price of a uprobe.
#include "storm.h"

static void nothing(void) {}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[2]);
  storm_gate(nothing);
  storm_begin();
  // A call each time: the compiler may not know what it does.
  char *(*volatile look_up)(const char *) = getenv;
  for (long i = 0; i < count; i++) look_up("HONEYGUIDE_NOT_SET");
  storm_end(argv[1], count);
  return 0;
}
