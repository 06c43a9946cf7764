// SPDX-License-Identifier: Apache-2.0
//: claim: While a directory is renamed over and over, each open is told with one of its names, and hardly ever with half of each
//: expect 24000: open requested=file fd>2
//: expect <4: open requested=file path!$W/x/$short/file path!$W/x/$short2/file path!$W/y/$long/file path!$W/y/$long2/file
#include "hard.h"

static volatile int done;

static void *renamer(void *names) {
  char **pair = names;
  while (!done) {
    rename(pair[0], pair[1]);
    rename(pair[1], pair[0]);
  }
  return NULL;
}

static void race(char *one, char *two, int count) {
  char *pair[] = {one, two};
  pthread_t thread;
  NEED(!mkdir(one, 0755));
  int directory = open(one, O_PATH);
  close(openat(directory, "file", O_CREAT | O_WRONLY, 0600));
  done = 0;
  NEED(!pthread_create(&thread, NULL, renamer, pair));
  for (int i = 1; i < count; i++) {
    int file = openat(directory, "file", O_RDONLY);
    NEED(file > 2);
    close(file);
  }
  done = 1;
  pthread_join(thread, NULL);
}

int main(void) {
  char one[300], two[300];
  mkdir("x", 0755);
  mkdir("y", 0755);
  account("short", "aaaaaaaaaaaaaaaaaaaa");
  account("short2", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  race("x/aaaaaaaaaaaaaaaaaaaa", "x/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 20000);
  // Longer than what a dentry holds itself.
  sprintf(one, "y/%0200d", 1);
  sprintf(two, "y/%0150d", 2);
  account("long", "%s", one + 2);
  account("long2", "%s", two + 2);
  race(one, two, 4000);
  return 0;
}
