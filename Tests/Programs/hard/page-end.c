// SPDX-License-Identifier: Apache-2.0
//: claim: A name whose zero is the last byte before memory that is not there is told; one without its zero is not made up
//: expect: open requested=at-the-end path=$W/at-the-end fd=3
//: expect: lookup requested=not-there error=ENOENT
//: expect: open requested=null requested_unreadable=true error=EFAULT path=null
//: expect: exec argv.0=last\x20word argv.1=of-the-page argv.count=2
#include "hard.h"

static long size;

// Puts a text so that it ends with its page; what follows is not mapped.
static char *at_end(const char *text, int bytes) {
  char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  NEED(pages != MAP_FAILED && !munmap(pages + size, size));
  return memcpy(pages + size - bytes, text, bytes);
}

int main(void) {
  size = sysconf(_SC_PAGESIZE);
  char *name = at_end("at-the-end", 11), *missing = at_end("not-there", 10), *endless = at_end("endless", 7);
  char *words[] = {at_end("last word", 10), at_end("of-the-page", 12), NULL};
  char **vector = (char **)at_end((char *)words, sizeof words);
  NEED(open(name, O_CREAT | O_RDWR, 0600) == 3);
  access(missing, F_OK);
  NEED(syscall(SYS_openat, AT_FDCWD, endless, O_RDONLY) < 0 && errno == EFAULT);
  execv(at_end("/bin/true", 10), vector);
  return 1;
}
