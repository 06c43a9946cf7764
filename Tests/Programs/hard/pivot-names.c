// SPDX-License-Identifier: Apache-2.0
//: claim: The names of pivot_root are told as they were meant before it changed the root
//: expect: pivot_root requested=$here/nr path=$here/nr host_path=- put_old_requested=$here/nr/old put_old=$here/nr/old host_put_old=- error=-
//: expect 2: pivot_root requested=. path=$here/nr put_old_requested=. put_old=$here/nr error=-
//: expect: pivot_root requested=nr path=$here/nr put_old_requested=nr/old put_old=$here/nr/old error=-
//: expect: pivot_root requested=./$local/nr path=$here/nr put_old_requested=$local/nr/old put_old=$here/nr/old error=-
//: expect: pivot_root requested=$here/nr path=$here/nr put_old_requested=old put_old=$here/nr/old error=-
//: expect: pivot_root requested=. path=$here put_old_requested=nowhere put_old=$here/nowhere error=*
#include "hard.h"

static char here[PATH_MAX - 64], new[PATH_MAX], old[PATH_MAX];

static void pivot(const char *to, const char *from) { NEED(!syscall(SYS_pivot_root, to, from)); }

static void absolute(void) { pivot(new, old); }
static void directory(void) {
  NEED(!chdir("nr"));
  pivot(".", ".");
}
static void descriptor(void) {
  int file = open("nr", O_PATH | O_DIRECTORY);
  NEED(!fchdir(file));
  pid_t child = fork();
  if (!child) {
    pivot(".", ".");
    _exit(0);
  }
  NEED(!ended(child));
}
static void relative(void) { pivot("nr", "nr/old"); }
static void root(void) {
  NEED(!chdir("/"));
  char dotted[PATH_MAX + 8];
  snprintf(dotted, sizeof dotted, ".%s", new);
  pivot(dotted, old + 1);
}
static void mixed(void) {
  NEED(!chdir("nr"));
  pivot(new, "old");
}
static void failing(void) { NEED(syscall(SYS_pivot_root, ".", "nowhere")); }

static void go(void (*change)(void)) {
  pid_t child = fork();
  if (!child) {
    NEED(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    NEED(!mount("none", "nr", "tmpfs", 0, NULL) && !mkdir("nr/old", 0755));
    change();
    _exit(0);
  }
  NEED(!ended(child));
}

int main(void) {
  NEED(getcwd(here, sizeof here));
  account("here", "%s", here);
  account("local", "%s", here + 1);
  snprintf(new, sizeof new, "%s/nr", here);
  snprintf(old, sizeof old, "%s/nr/old", here);
  NEED(!mkdir("nr", 0755));
  go(absolute);
  go(directory);
  go(descriptor);
  go(relative);
  go(root);
  go(mixed);
  go(failing);
  return 0;
}
