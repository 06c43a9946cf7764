// SPDX-License-Identifier: Apache-2.0
//: claim: What breaks out of a chroot is told where it really is
//: expect: chroot path=$W/jail error=-
//: expect: open requested=/inside path=/inside host_path=$W/jail/inside
//: expect: open requested=/etc/hostname path=/etc/hostname host_path=$W/jail/etc/hostname error=ENOENT
//: expect 2: open requested=outside path=$W/outside
//: expect: open requested=etc/passwd path=/etc/passwd error=-
//: expect: open requested=/etc/group path=/etc/group error=-
#include "hard.h"

int main(void) {
  NEED(!mkdir("jail", 0755));
  touch("jail/inside");
  touch("outside");
  int here = open(".", O_RDONLY | O_DIRECTORY);
  NEED(!chroot("jail"));
  NEED(open("/inside", O_RDONLY) > 2);
  open("/etc/hostname", O_RDONLY);
  NEED(!fchdir(here) && open("outside", O_RDONLY) > 2);
  for (int i = 0; i < 40; i++) NEED(!chdir(".."));
  NEED(open("etc/passwd", O_RDONLY) > 2);
  NEED(!chroot(".") && open("/etc/group", O_RDONLY) > 2);
  return 0;
}
