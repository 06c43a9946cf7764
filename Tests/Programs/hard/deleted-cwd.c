// SPDX-License-Identifier: Apache-2.0
//: claim: In a working directory that was removed, names are told from where it was
//: expect: open requested=missing path=$W/gone/missing error=ENOENT
//: expect: open requested=. path=$W/gone path_deleted=true
//: expect: lookup requested=other path=$W/gone/other error=ENOENT
//: expect: mkdir requested=x path=$W/gone/x error=ENOENT
//: expect: exec argv.0=in-nowhere cwd=$W/gone
#include "hard.h"

int main(void) {
  NEED(!mkdir("gone", 0755) && !chdir("gone") && !rmdir("../gone"));
  open("missing", O_RDONLY);
  open(".", O_RDONLY);
  access("other", R_OK);
  mkdir("x", 0755);
  execl("/bin/true", "in-nowhere", NULL);
  return 1;
}
