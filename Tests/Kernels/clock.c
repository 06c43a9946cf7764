// SPDX-License-Identifier: Apache-2.0
// A hard case for the guest alone: it sets the machine's clock.
//: claim: Whoever sets the clock, back or ahead, the times that are told are those of the machine since it was booted
//: status: 4
//: expect: open requested=before time_ns>$start time_ns<$back
//: expect: open requested=meanwhile time_ns>$back time_ns<$ahead
//: expect: open requested=after time_ns>$ahead time_ns<$end
//: expect: exit pid=$pid code=4 time_ns>$end duration_ns<100000000000
//: expect: summary time_ns>$end duration_ns<100000000000
#include "../Programs/hard/hard.h"

static void note(const char *name) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  account(name, "%lld", now.tv_sec * 1000000000LL + now.tv_nsec);
}

static void set(long seconds) {
  struct timespec now;
  NEED(!clock_gettime(CLOCK_REALTIME, &now));
  now.tv_sec += seconds;
  NEED(!clock_settime(CLOCK_REALTIME, &now));
}

int main(void) {
  account("pid", "%d", getpid());
  note("start");
  touch("before");
  note("back");
  set(-86400);
  touch("meanwhile");
  note("ahead");
  set(2 * 86400);
  touch("after");
  note("end");
  set(-86400);
  return 4;
}
