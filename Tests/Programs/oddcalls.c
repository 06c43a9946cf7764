// SPDX-License-Identifier: Apache-2.0
// Calls that the installed strace may not know: fchmodat2 by its number; and, with `32-bit`, the 32-bit way into
// the kernel, whose numbers mean other calls.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
  (void)arguments;
  if (count > 1) {
    // 5 is open there, and fstat here. The name lies where 32 bits reach it, or this fails with EFAULT; either
    // way the call was made.
    long result;
    for (int i = 0; i < 3; i++) __asm__ volatile("int $0x80" : "=a"(result) : "a"(5), "b"(0), "c"(0), "d"(0) : "memory");
    return 0;
  }
  close(open("file", O_CREAT | O_WRONLY, 0600));
  int here = open(".", O_RDONLY | O_DIRECTORY);
  syscall(452, here, "file", 0640, 0);
  syscall(452, here, "missing", 0600, 0x100);
  syscall(452, 777, "file", 0600, 0);
  return 0;
}
