// SPDX-License-Identifier: Apache-2.0
// Calls that the installed strace may not know: fchmodat2 by its number; and, with `x32`, the calls of the
// x32 convention, whether the kernel has them or not.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "none")) {
    // Numbers of no call of this convention, where a table of others may stand.
    for (int number = 500; number < 1200; number++) syscall(number, "file", "file", 0, 0, 0, 0);
    return 0;
  }
  if (count > 1) {
    for (int i = 0; i < 3; i++) syscall(0x40000000 | SYS_open, "file", O_RDONLY);
    return 0;
  }
  close(open("file", O_CREAT | O_WRONLY, 0600));
  int here = open(".", O_RDONLY | O_DIRECTORY);
  syscall(452, here, "file", 0640, 0);
  syscall(452, here, "missing", 0600, 0x100);
  syscall(452, 777, "file", 0600, 0);
  return 0;
}
