// SPDX-License-Identifier: Apache-2.0
//: claim: Names at the kernel's limits are told: the last that fits, and the first that does not
//: expect: open requested=link-39 path=$W/end error=-
//: expect: open requested=link-40 error=ELOOP path=$W/link-40
//: expect: open requested=self error=ELOOP
//: expect: open requested=$name255 path=$W/$name255 error=-
//: expect: open requested=$name255x error=ENAMETOOLONG path=$W/$name255x
//: expect: open requested=$name4095 path=$W/end error=- path_truncated=-
//: expect: open requested=$cut4096 error=ENAMETOOLONG path_truncated=true
#include "hard.h"

int main(void) {
  touch("end");
  NEED(!symlink("end", "link-0") && !symlink("self", "self"));
  for (int i = 1; i <= 40; i++) {
    char from[32], to[32];
    snprintf(from, sizeof from, "link-%d", i);
    snprintf(to, sizeof to, "link-%d", i - 1);
    NEED(!symlink(to, from));
  }
  // link-39 is forty links to the end, the kernel's limit.
  NEED(open("link-39", O_RDONLY) > 2);
  NEED(open("link-40", O_RDONLY) < 0);
  open("self", O_RDONLY);
  char name[5000];
  memset(name, 'n', sizeof name);
  name[255] = 0;
  touch(name);
  account("name255", "%s", name);
  name[255] = 'n';
  name[256] = 0;
  open(name, O_RDONLY);
  account("name255x", "%s", name);
  memset(name, '/', sizeof name);
  name[0] = '.';
  strcpy(name + 4092, "end");
  NEED(strlen(name) == 4095 && open(name, O_RDONLY) > 2);
  account("name4095", "%s", name);
  strcpy(name + 4093, "end");
  NEED(strlen(name) == 4096 && open(name, O_RDONLY) < 0);
  account("cut4096", "%.4095s", name);
  return 0;
}
