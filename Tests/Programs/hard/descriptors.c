// SPDX-License-Identifier: Apache-2.0
//: claim: What is opened through a descriptor is told as the file that it is
//: expect: open requested=/proc/self/fd/$plain path=$W/file
//: expect: open requested=/dev/fd/$plain path=$W/file
//: expect: open requested=/proc/self/fd/$path path=$W/file flags=O_RDWR
//: expect: open requested=$W/link path=$W/link flags=O_RDONLY,O_NOFOLLOW,O_PATH
//: expect: open requested=/proc/self/fd/$gone path=$W/gone path_deleted=true
//: expect: open requested=/proc/thread-self/cwd/file path=$W/file
#include "hard.h"

static int through(const char *format, int number, int flags) {
  char name[64];
  snprintf(name, sizeof name, format, number);
  return open(name, flags);
}

int main(void) {
  char here[PATH_MAX];
  NEED(getcwd(here, sizeof here - 10));
  int plain = open("file", O_CREAT | O_RDWR, 0600), path = open("file", O_PATH);
  int gone = open("gone", O_CREAT | O_RDWR, 0600);
  account("plain", "%d", plain);
  account("path", "%d", path);
  account("gone", "%d", gone);
  NEED(!symlink("file", "link") && !unlink("gone"));
  NEED(through("/proc/self/fd/%d", plain, O_RDONLY) > 2);
  NEED(through("/dev/fd/%d", plain, O_RDONLY) > 2);
  NEED(through("/proc/self/fd/%d", path, O_RDWR) > 2);
  NEED(open(strcat(here, "/link"), O_PATH | O_NOFOLLOW) > 2);
  NEED(through("/proc/self/fd/%d", gone, O_RDONLY) > 2);
  NEED(open("/proc/thread-self/cwd/file", O_RDONLY) > 2);
  return 0;
}
