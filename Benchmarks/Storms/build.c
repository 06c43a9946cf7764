// SPDX-License-Identifier: Apache-2.0
// build RESULT MARKER COMMAND...: runs COMMAND once and waits; the CPU time is COMMAND's, with its children.
#include <sys/stat.h>
#include <sys/wait.h>

#include "storm.h"

extern char **environ;
static char *marker_word;

static pid_t start(char **arguments) {
  pid_t child = vfork();
  if (child < 0) storm_fail("vfork");
  if (child == 0) {
    execvp(arguments[0], arguments);
    _exit(127);
  }
  return child;
}

static void finish(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) storm_fail("waitpid");
  if (status) {
    fprintf(stderr, "storm: the command ended with status %#x\n", status);
    exit(3);
  }
}

// Of each kind that a tracer of a build may look at: opens and execs.
static void marker(void) {
  for (int i = 0; i < 200; i++) {
    int fd = open(marker_word, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) close(fd);
  }
  char *arguments[] = {"/bin/true", marker_word, NULL};
  for (int i = 0; i < 10; i++) finish(start(arguments));
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  marker_word = argv[2];
  storm_gate(marker);
  storm_begin();
  finish(start(argv + 3));
  storm_end(argv[1], 1);
  return 0;
}
