// SPDX-License-Identifier: Apache-2.0
// Opens and asks below mounts, bind mounts and another root, in a mount namespace of its own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void touch(const char *name) { close(open(name, O_CREAT | O_RDWR, 0600)); }

int main(void) {
  if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
    perror("unshare");
    return 1;
  }
  mkdir("memory", 0755);
  mkdir("bound", 0755);
  mkdir("new-root", 0755);
  touch("below");
  touch("file");
  if (mount("none", "memory", "tmpfs", 0, NULL)) return 2;
  mkdir("memory/a", 0755);
  touch("memory/a/file");
  if (mount("memory/a", "bound", NULL, MS_BIND, NULL)) return 3;
  if (mount("memory/a/file", "file", NULL, MS_BIND, NULL)) return 4;
  touch("bound/file");
  touch("bound/new");
  open("file", O_RDONLY);
  open("bound/missing", O_RDONLY);
  open("bound/..", O_RDONLY | O_DIRECTORY);
  int bound = open("bound", O_RDONLY | O_DIRECTORY);
  openat(bound, "missing", O_RDONLY);
  openat(bound, "../below", O_RDONLY);
  if (chdir("bound")) return 5;
  touch("from-inside");
  access("missing", R_OK);
  if (chdir("..")) return 6;

  // A file on what is mounted no more.
  int file = open("memory/a/file", O_RDWR);
  if (umount2("bound", MNT_DETACH)) return 7;
  openat(bound, "file", O_RDONLY);
  openat(bound, "missing", O_RDONLY);
  ftruncate(file, 1);

  // Another root: a path is told from the root of the whole tree, a name that was asked for as it was asked.
  if (fork() == 0) {
    mkdir("new-root/etc", 0755);
    touch("new-root/etc/file");
    if (chroot("new-root") || chdir("/")) _exit(8);
    open("/etc/file", O_RDONLY);
    open("etc/file", O_RDONLY);
    open("/etc/missing", O_RDONLY);
    open("../../etc/file", O_RDONLY);
    open("etc/missing", O_RDONLY);
    access("etc/missing", R_OK);
    _exit(0);
  }
  wait(NULL);
  return 0;
}
