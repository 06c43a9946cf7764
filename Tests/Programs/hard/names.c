// SPDX-License-Identifier: Apache-2.0
//: claim: Names of any bytes are told byte for byte, and the page shows none of them raw
//: expect 2: open requested=new\x0aline path=$W/new\x0aline
//: expect: open requested=\x1b]0;title\x07\x1b[2J path=$W/\x1b]0;title\x07\x1b[2J
//: expect: open requested=\xff\xc0\x80\xed\xa0\x80 path=$W/\xff\xc0\x80\xed\xa0\x80
//: expect: rename path=$W/new\x0aline to=$W/\xe2\x80\xae\x5c"'
//: expect: exec exe=$W/\x1b[31m argv.0=\x9b31m argv.1=\x0d
//: page: new\nline
#include "hard.h"

int main(void) {
  touch("new\nline");
  touch("\033]0;title\007\033[2J");
  touch("\xff\xc0\x80\xed\xa0\x80");
  NEED(!rename("new\nline", "\xe2\x80\xae\\\"'"));
  touch("new\nline");
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/cp", "cp", "/bin/true", "\033[31m", NULL);
    _exit(1);
  }
  NEED(ended(child) == 0);
  execl("\033[31m", "\x9b" "31m", "\r", NULL);
  return 1;
}
