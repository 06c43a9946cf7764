// SPDX-License-Identifier: Apache-2.0
//: claim: An executable that was removed or replaced while it ran is told as gone, one that only moved by its new name
//: prepare: cp $P program; cp $P moved; cp $P over; cp /bin/true other
//: expect: exec filename=./program exe=$W/program exe_deleted=-
//: expect: exec argv.0=removed exe=$W/program exe_deleted=true filename=/proc/self/exe
//: expect: exec filename=./over exe=$W/over exe_deleted=-
//: expect: exec argv.0=replaced exe=$W/over exe_deleted=true filename=/proc/self/exe
//: expect: exec argv.0=moved exe=$W/elsewhere exe_deleted=- filename=/proc/self/exe
//: expect: open requested=/proc/self/exe path=$W/over path_deleted=true
#include "hard.h"

static void run(const char *program, const char *name) {
  pid_t child = fork();
  if (child == 0) {
    execl(program, name, "x", NULL);
    _exit(1);
  }
  NEED(ended(child) == 0);
}

int main(int count, char **arguments) {
  if (count == 1) {
    run("./program", "remove");
    run("./over", "replace");
    run("./moved", "move");
    return 0;
  }
  const char *word = arguments[0];
  if (!strcmp(word, "remove")) {
    NEED(!unlink("program"));
    execl("/proc/self/exe", "removed", "x", NULL);
  } else if (!strcmp(word, "replace")) {
    NEED(!rename("other", "over"));
    NEED(open("/proc/self/exe", O_RDONLY) >= 0);
    execl("/proc/self/exe", "replaced", "x", NULL);
  } else if (!strcmp(word, "move")) {
    NEED(!rename("moved", "elsewhere"));
    execl("/proc/self/exe", "moved", "x", NULL);
  }
  return 0;
}
