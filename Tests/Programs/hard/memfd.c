// SPDX-License-Identifier: Apache-2.0
//: claim: A program that runs from memory is told by the name it gave itself, and as being in no directory
//: status: 6
//: expect: exec argv.0=again exe=/memfd:hard\x20case\x0a exe_deleted=true
//: expect: open path=$W/from-memory
//: expect: exit code=6
#include "hard.h"

int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) {
    touch("from-memory");
    return 6;
  }
  static char bytes[1 << 20];
  int from = open("/proc/self/exe", O_RDONLY), to = syscall(SYS_memfd_create, "hard case\n", MFD_CLOEXEC);
  ssize_t size = read(from, bytes, sizeof bytes);
  NEED(size > 0 && write(to, bytes, size) == size);
  fexecve(to, (char *[]){"again", "x", NULL}, environ);
  return 1;
}
