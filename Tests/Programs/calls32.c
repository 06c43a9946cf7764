// SPDX-License-Identifier: Apache-2.0
// What only the 32-bit convention has, by its numbers; the rest of it is what the other programs here call when they are
// built with -m32. A 64-bit program may go that way, too.
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static long call(long number, long b, long c, long d, long s) {
  long result;
#if defined(__x86_64__)
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(b), "c"(c), "d"(d), "S"(s) : "memory", "r8", "r9", "r10", "r11");
#else
  // A C library may not let go of ebx.
  __asm__ volatile("xchg %%ebx, %1\n int $0x80\n xchg %%ebx, %1" : "=a"(result), "+r"(b) : "a"(number), "c"(c), "d"(d), "S"(s) : "memory");
#endif
  return result;
}

int main(void) {
  // Names where 32 bits reach them.
  char *names = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (names == MAP_FAILED) return 1;
  long file = (long)strcpy(names, "file"), missing = (long)strcpy(names + 64, "missing"), room = (long)(names + 4096);
  char *missing_name = strcpy(names + 128, "nobody?");
  close(open("file", O_CREAT | O_WRONLY, 0600));
  int descriptor = open("file", O_RDWR);
  call(5, file, O_RDONLY, 0, 0);                     // open
  call(295, AT_FDCWD, missing, O_RDONLY, 0);         // openat
  call(18, file, room, 0, 0);                        // oldstat
  // Of equal answers to one program only the first is told: each asks for a name of its own.
  static const int look_ups[] = {18, 84, 106, 107, 195, 196};
  for (int i = 0; i < 6; i++) {
    missing_name[6] = (char)('0' + i);
    call(look_ups[i], (long)missing_name, room, 0, 0);
    call(look_ups[i], file, room, 0, 0);
  }
  call(300, AT_FDCWD, missing, room, 0);             // fstatat64
  call(92, file, 100, 0, 0);                         // truncate
  call(93, descriptor, 50, 0, 0);                    // ftruncate
  call(193, file, 5, 1, 0);                          // truncate64: 4 GiB and 5
  call(194, descriptor, 7, 0, 0);                    // ftruncate64
  call(182, file, 0xffff, 0xffff, 0);                // chown, 16 bits, nothing changed
  call(95, descriptor, 0, 0xffff, 0);                // fchown
  call(16, missing, 1, 2, 0);                        // lchown
  call(212, file, -1, -1, 0);                        // chown32
  call(207, descriptor, 0, -1, 0);                   // fchown32
  call(198, missing, 70000, 70001, 0);               // lchown32
  call(10, missing, 0, 0, 0);                        // unlink
  call(12, missing, 0, 0, 0);                        // chdir
  call(15, file, 0640, 0, 0);                        // chmod
  call(38, file, missing, 0, 0);                     // rename
  call(10, missing, 0, 0, 0);                        // unlink
  call(5, 8, 0, 0, 0);                               // EFAULT
  return 0;
}
