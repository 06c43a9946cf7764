// SPDX-License-Identifier: Apache-2.0
//: claim: A program without standard descriptors is told as such, and what it then opens as descriptor 0
//: expect: exec argv.0=closed stdio.0=null stdio.1=null stdio.2=null stdio.count=3
//: expect: open requested=zero fd=0
//: expect: exec argv.0=half stdio.0=$W/zero stdio.1=null stdio.2=pipe:[$pipe]
#include "hard.h"

int main(int count, char **arguments) {
  (void)arguments;
  if (count == 1) {
    for (int i = 0; i < 3; i++) close(i);
    execl("/proc/self/exe", "closed", "x", NULL);
    _exit(1);
  }
  // The account has taken the lowest number, and given it back.
  if (open("zero", O_CREAT | O_RDWR, 0600) != 0) _exit(2);
  int ends[2];
  if (pipe(ends) || dup2(ends[1], 2) != 2) _exit(3);
  struct stat status;
  fstat(2, &status);
  account("pipe", "%lu", status.st_ino);
  close(1);
  execl("/bin/true", "half", NULL);
  _exit(4);
}
