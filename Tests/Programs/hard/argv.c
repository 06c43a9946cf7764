// SPDX-License-Identifier: Apache-2.0
//: claim: Arguments are told as the new program has them: none, empty ones, 128 KiB in one, 2 MiB in all, overwritten later
//: expect: exec pid=$none argv.count=1 argv.0= argv_size=1
//: expect: exec pid=$null argv.count=1 argv.0= argv_size=1
//: expect: exec pid=$empty argv.count=3 argv.0= argv.1= argv.2=
//: expect: exec pid=$piece argv.count=2 argv.0=p argv_size=131074 argv_truncated=false
//: expect: exec pid=$large argv.0=many argv_size=2100005 argv_truncated=true
//: expect: exec pid=$written argv.0=before argv.1=write argv.count=2
//: expect: open requested=written-over pid=$written comm=exe
#include "hard.h"

static void run(const char *name, char *const *arguments) {
  pid_t child = fork();
  if (child == 0) {
    account(name, "%d", getpid());
    execv("/bin/true", arguments);
    _exit(1);
  }
  NEED(ended(child) == 0);
}

int main(int count, char **arguments) {
  if (count == 2 && !strcmp(arguments[1], "write")) {
    // As setproctitle does it: over the arguments and, behind them, the environment.
    memset(arguments[0], 'T', strlen(arguments[0]) + 1 + strlen(arguments[1]));
    touch("written-over");
    return 0;
  }
  run("none", (char *[]){NULL});
  run("null", NULL);
  run("empty", (char *[]){"", "", "", NULL});
  static char piece[128 * 1024], part[100 * 1000], *many[24] = {"many"};
  memset(piece, 'p', sizeof piece - 1);
  run("piece", (char *[]){"p", piece, NULL});
  NEED(!setrlimit(RLIMIT_STACK, &(struct rlimit){64 << 20, RLIM_INFINITY}));
  memset(part, 'm', sizeof part - 1);
  for (int i = 1; i <= 21; i++) many[i] = part;
  run("large", many);
  pid_t child = fork();
  if (child == 0) {
    account("written", "%d", getpid());
    execl("/proc/self/exe", "before", "write", NULL);
  }
  return ended(child);
}
