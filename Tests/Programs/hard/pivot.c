// SPDX-License-Identifier: Apache-2.0
//: claim: Behind pivot_root paths begin at the new root
//: expect: pivot_root requested=new path=$W/new host_path=- put_old=$W/new/old error=-
//: expect: open requested=/file path=/file error=-
//: expect: open requested=/old$W/outside path=/old$W/outside
//: expect: open requested=/gone path=/gone error=ENOENT
#include "hard.h"

int main(void) {
  char here[PATH_MAX];
  NEED(getcwd(here, sizeof here - 20));
  touch("outside");
  NEED(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  NEED(!mkdir("new", 0755) && !mount("none", "new", "tmpfs", 0, NULL) && !mkdir("new/old", 0755));
  NEED(!syscall(SYS_pivot_root, "new", "new/old") && !chdir("/"));
  touch("/file");
  char name[PATH_MAX + 32];
  snprintf(name, sizeof name, "/old%s/outside", here);
  NEED(open(name, O_RDONLY) > 2);
  open("/gone", O_RDONLY);
  return 0;
}
