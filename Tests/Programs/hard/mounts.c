// SPDX-License-Identifier: Apache-2.0
//: claim: Paths below bind mounts and mounts on top of mounts are told as the program's own namespace has them
//: expect: open requested=bound/file path=$W/bound/file
//: expect: open requested=over/new path=$W/over/new
//: expect: open requested=hidden path=$W/over/hidden
//: expect: open requested=stack/leaf path=$W/stack/leaf path_truncated=-
//: expect: open requested=tower/leaf path=*leaf path_truncated=true
#include "hard.h"

int main(void) {
  NEED(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  const char *names[] = {"real", "bound", "over", "stack", "tower"};
  for (int i = 0; i < 5; i++) NEED(!mkdir(names[i], 0755));
  touch("real/file");
  NEED(!mount("real", "bound", NULL, MS_BIND, NULL));
  NEED(open("bound/file", O_RDONLY) > 2);
  // What was opened before something was mounted over it.
  touch("over/below");
  int below = open("over", O_PATH);
  NEED(!mount("none", "over", "tmpfs", 0, NULL));
  touch("over/new");
  close(openat(below, "hidden", O_CREAT | O_WRONLY, 0600));
  // Some mounts on top of each other, and more than anybody needs.
  for (int i = 0; i < 100; i++) NEED(!mount("none", "stack", "tmpfs", 0, NULL));
  touch("stack/leaf");
  for (int i = 0; i < 3000; i++) NEED(!mount("none", "tower", "tmpfs", 0, "size=4k"));
  touch("tower/leaf");
  return 0;
}
