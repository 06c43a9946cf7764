// SPDX-License-Identifier: Apache-2.0
//: claim: The user of each event is the one that the process had then, not the one it began or ended with
//: prepare: chmod 777 .
//: expect: open path=$W/first uid=0
//: expect: setid call=setresuid pid=$pid
//: expect: open path=$W/second uid=1 pid=$pid
//: expect: exec argv.0=third uid=1 euid=2 pid=$pid
//: expect: exit pid=$pid uid=1 code=0
#include "hard.h"

int main(void) {
  account("pid", "%d", getpid());
  touch("first");
  NEED(!setresuid(1, 2, 3));
  touch("second");
  execl("/bin/true", "third", NULL);
  return 1;
}
