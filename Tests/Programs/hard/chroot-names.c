// SPDX-License-Identifier: Apache-2.0
//: claim: A new root is told where it lies, by whatever name and behind whatever root it was asked for
//: expect: chroot requested=$here/jail path=$absolute host_path=- error=-
//: expect: chroot requested=. path=$directory host_path=- error=-
//: expect: chroot requested=link/../jail path=$relative host_path=- error=-
//: expect: chroot requested=/inner path=$nested host_path=- error=-
//: expect: chroot requested=inner path=$nestedrelative host_path=- error=-
//: expect: chroot requested=/missing path=/missing host_path=$absolute/missing error=ENOENT
//: expect: chroot requested=nowhere path=$here/nowhere host_path=- error=ENOENT
//: expect: chroot requested=/mnt/inner path=/mnt/inner host_path=$nested error=-
//: never: chroot path=$here/jail$here/jail
#include "hard.h"

static char here[PATH_MAX - 64], jail[PATH_MAX];

static void absolute(void) { NEED(!chroot(jail)); }
static void directory(void) { NEED(!chdir("jail/inner") && !chroot(".")); }
static void relative(void) { NEED(!chroot("link/../jail")); }
static void nested(void) { NEED(!chroot("jail") && !chdir("/") && !chroot("/inner")); }
static void nestedrelative(void) { NEED(!chroot("jail") && !chdir("/") && !chroot("inner")); }
static void failing(void) {
  NEED(chroot("nowhere"));
  NEED(!chroot("jail") && !chdir("/") && chroot("/missing"));
}
static void mounted(void) {
  NEED(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
  NEED(!mount("jail", "/mnt", NULL, MS_BIND, NULL) && !chroot("/mnt/inner"));
}

// The witness: /proc/PID/root, as somebody sees it who has the first root.
static void go(const char *name, void (*change)(void)) {
  int done[2], seen[2];
  NEED(!pipe(done) && !pipe(seen));
  pid_t child = fork();
  if (!child) {
    char byte = 0;
    change();
    NEED(write(done[1], &byte, 1) == 1 && read(seen[0], &byte, 1) == 1);
    _exit(0);
  }
  char byte, link[64], root[PATH_MAX] = "";
  NEED(read(done[0], &byte, 1) == 1);
  snprintf(link, sizeof link, "/proc/%d/root", child);
  NEED(readlink(link, root, sizeof root - 1) > 1);
  account(name, "%s", root);
  NEED(write(seen[1], &byte, 1) == 1 && !ended(child));
}

int main(void) {
  NEED(getcwd(here, sizeof here));
  account("here", "%s", here);
  snprintf(jail, sizeof jail, "%s/jail", here);
  NEED(!mkdir("jail", 0755) && !mkdir("jail/inner", 0755) && !symlink("jail/inner/..", "link"));
  go("absolute", absolute);
  go("directory", directory);
  go("relative", relative);
  go("nested", nested);
  go("nestedrelative", nestedrelative);
  go("failing", failing);
  go("mounted", mounted);
  return 0;
}
