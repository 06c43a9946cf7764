// SPDX-License-Identifier: Apache-2.0
//: claim: When descriptors run out, it is told what was asked for, and what had still gone well
//: expect 5: open requested=file fd>2
//: expect 3: open requested=file error=EMFILE path=$W/file
//: expect: exec argv.0=true error=-
#include "hard.h"

int main(void) {
  touch("file-made");
  rename("file-made", "file");
  int next = open("/dev/null", O_RDONLY);
  close(next);
  NEED(!setrlimit(RLIMIT_NOFILE, &(struct rlimit){next + 5, next + 5}));
  for (int i = 0; i < 8; i++) open("file", O_RDONLY | O_CLOEXEC);
  execl("/bin/true", "true", NULL);
  return 1;
}
