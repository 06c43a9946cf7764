// SPDX-License-Identifier: Apache-2.0
// Opens with O_CREAT in every way, and says of each what it knows by itself: whether the file was there before.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// `inode` of what has this name, 0 for nothing.
static unsigned long inode(const char *name) {
  struct stat status;
  return stat(name, &status) ? 0 : status.st_ino;
}

static void say(const char *name, unsigned long before, int descriptor) {
  printf("%s %s\n", name, descriptor < 0 ? "failed" : before ? "was there" : "made");
  if (descriptor >= 0) close(descriptor);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  unsigned long before;
#define TRY(name, call) (before = inode(name), say(name, before, call))
  TRY("a", open("a", O_WRONLY | O_CREAT, 0600));
  TRY("a", open("a", O_WRONLY | O_CREAT, 0600));
  TRY("a", open("a", O_WRONLY | O_CREAT | O_TRUNC, 0600));
  TRY("a", open("a", O_WRONLY | O_CREAT | O_EXCL, 0600));
  TRY("b", open("b", O_RDWR | O_CREAT | O_EXCL, 0600));
  TRY("c", creat("c", 0600));
  TRY("c", creat("c", 0600));
  unlink("c");
  TRY("c", openat(AT_FDCWD, "c", O_RDONLY | O_CREAT, 0));
  struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0600};
  TRY("d", syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof how));
  TRY("d", syscall(SYS_openat2, AT_FDCWD, "d", &how, sizeof how));
  // Through a symbolic link that leads nowhere yet.
  symlink("target", "link");
  TRY("link", open("link", O_WRONLY | O_CREAT, 0600));
  TRY("link", open("link", O_WRONLY | O_CREAT, 0600));
  mkfifo("fifo", 0600);
  TRY("fifo", open("fifo", O_RDWR | O_CREAT, 0600));
  TRY("/dev/null", open("/dev/null", O_WRONLY | O_CREAT, 0600));
  TRY("missing/e", open("missing/e", O_WRONLY | O_CREAT, 0600));
  // Another file system.
  TRY("/dev/shm/honeyguide-creates", open("/dev/shm/honeyguide-creates", O_RDWR | O_CREAT, 0600));
  TRY("/dev/shm/honeyguide-creates", open("/dev/shm/honeyguide-creates", O_RDWR | O_CREAT, 0600));
  unlink("/dev/shm/honeyguide-creates");
  return 0;
}
