// SPDX-License-Identifier: Apache-2.0
//: claim: In a time namespace of the program's own, times are those of the machine
//: command: /usr/bin/unshare --time --boottime 1000000 --fork $P
//: expect: open requested=x time_ns>$before time_ns<$after
//: expect: exit pid=$pid duration_ns<5000000000 time_ns>$before
//: expect: summary time_ns>$after duration_ns<5000000000
#include "hard.h"

int main(void) {
  // What unshare was told to add.
  const long long offset = 1000000ll * 1000000000;
  NEED(boot_time() > offset);
  account("pid", "%d", getpid());
  account("before", "%lld", boot_time() - offset);
  touch("x");
  account("after", "%lld", boot_time() - offset);
  return 0;
}
