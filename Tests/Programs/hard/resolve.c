// SPDX-License-Identifier: Apache-2.0
//: claim: openat2's restrictions fail as they do, and what they let through is told resolved
//: expect: open requested=../outside path=$W/root/../outside error=EXDEV
//: expect: open requested=link error=ELOOP path=$W/root/link
//: expect: open requested=/inside path=$W/root/inside error=-
//: expect: open requested=../../../inside path=$W/root/inside error=-
//: expect: open requested=/proc/self/exe error=ELOOP
//: expect: open requested=/proc/version error=EXDEV
//: expect: open requested=inside flags=O_RDONLY,0x10000000000 error=EINVAL
#include "hard.h"
#include <linux/openat2.h>

int main(void) {
  NEED(!mkdir("root", 0755) && !symlink("inside", "root/link"));
  touch("root/inside");
  touch("outside");
  int root = open("root", O_PATH);
  struct {
    const char *name;
    unsigned long long resolve, flags;
  } calls[] = {
      {"../outside", RESOLVE_BENEATH, 0}, {"link", RESOLVE_NO_SYMLINKS, 0}, {"/inside", RESOLVE_IN_ROOT, 0},
      {"../../../inside", RESOLVE_IN_ROOT, 0}, {"/proc/self/exe", RESOLVE_NO_MAGICLINKS, 0},
      {"/proc/version", RESOLVE_NO_XDEV, 0}, {"inside", 0, 1ull << 40},
  };
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
    struct open_how how = {.resolve = calls[i].resolve, .flags = calls[i].flags};
    syscall(SYS_openat2, root, calls[i].name, &how, sizeof how);
  }
  return 0;
}
