// SPDX-License-Identifier: Apache-2.0
//: claim: Honeyguide inside a time namespace tells the machine's times all the same, in all lines
//: through: /usr/bin/unshare --time --boottime 1000000 --fork
//: expect: start time_ns<$before
//: expect: open requested=x time_ns>$before time_ns<$after
//: expect: exit pid=$pid duration_ns<5000000000 duration_ns>1000000
//: expect: summary time_ns>$after time_ns<$later duration_ns<5000000000
#include "hard.h"

int main(void) {
  const long long offset = 1000000ll * 1000000000;
  NEED(boot_time() > offset);
  account("pid", "%d", getpid());
  account("before", "%lld", boot_time() - offset);
  touch("x");
  usleep(2000);
  account("after", "%lld", boot_time() - offset);
  account("later", "%lld", boot_time() - offset + 5000000000);
  return 0;
}
