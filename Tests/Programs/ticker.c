// SPDX-License-Identifier: Apache-2.0
// Writes "start", does a few thousand small things with processes and files for about MILLISECONDS, writes "end".
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void say(const char *word) {
  int file = open("said", O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
  if (write(file, word, strlen(word)) < 0) _exit(1);
  close(file);
}

int main(int count, char **arguments) {
  double end = now() + (count > 1 ? atoi(arguments[1]) : 100);
  say("start\n");
  while (now() < end) {
    for (int i = 0; i < 50; i++) close(open("/etc/hostname", O_RDONLY));
    if (fork() == 0) {
      execl("/bin/true", "true", (char *)0);
      _exit(1);
    }
    wait(NULL);
  }
  say("end\n");
  return 42;
}
