// SPDX-License-Identifier: Apache-2.0
//: claim: A file that was made without a name is told as such, and its link with the name it got
//: expect: open requested=. path=$W/#$inode path_deleted=true flags=O_RDWR,O_TMPFILE mode=384
//: expect: link requested=/proc/self/fd/$fd to=$W/named error=-
//: expect: link to=$W/again error=-
//: expect: open requested=named path=$W/named path_deleted=-
#include "hard.h"

int main(void) {
  int file = open(".", O_TMPFILE | O_RDWR, 0600);
  NEED(file >= 0);
  struct stat status;
  fstat(file, &status);
  account("inode", "%lu", status.st_ino);
  account("fd", "%d", file);
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  NEED(!linkat(AT_FDCWD, name, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
  NEED(!linkat(file, "", AT_FDCWD, "again", AT_EMPTY_PATH));
  NEED(open("named", O_RDONLY) > 2);
  return 0;
}
