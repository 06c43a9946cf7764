// SPDX-License-Identifier: Apache-2.0
// exec RESULT COUNT WORD MARKER: COUNT times vfork, exec of /bin/true WORD, and wait.
//
// Its environment says LC_ALL=C and no more: with a locale that is not installed, /bin/true opens 27 more files,
// and this would be another storm of opens.
#include <sys/wait.h>

#include "storm.h"

static char *marker_word;
static char *environment[] = {"LC_ALL=C", NULL};

static void run(char *word) {
  char *arguments[] = {"true", word, NULL};
  pid_t child = vfork();
  if (child < 0) storm_fail("vfork");
  if (child == 0) {
    execve("/bin/true", arguments, environment);
    _exit(127);
  }
  int status;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) storm_fail("waitpid");
  if (status) {
    fprintf(stderr, "storm: /bin/true ended with status %#x\n", status);
    exit(3);
  }
}

static void marker(void) {
  for (int i = 0; i < 10; i++) run(marker_word);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  long count = atol(argv[2]);
  marker_word = argv[4];
  storm_gate(marker);
  storm_begin();
  for (long i = 0; i < count; i++) run(argv[3]);
  storm_end(argv[1], count);
  return 0;
}
