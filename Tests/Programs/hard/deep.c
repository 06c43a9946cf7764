// SPDX-License-Identifier: Apache-2.0
//: claim: A path is told whole up to 4 095 bytes, and beyond that its end, marked as cut
//: expect: open requested=forty path=$deep path_truncated=-
//: expect: open requested=whole path=$long path_truncated=-
//: expect: open requested=longer path=*n/longer path_truncated=true
//: expect: open requested=missing path=*n/missing path_truncated=true error=ENOENT
//: expect: exec argv.0=deep cwd=*nnn cwd_truncated=true
#include "hard.h"

int main(void) {
  char path[8192];
  NEED(getcwd(path, PATH_MAX));
  // 40 levels.
  int top = open(".", O_PATH);
  char *end = path + strlen(path), *start = end;
  for (int i = 0; i < 40; i++) {
    char name[16];
    snprintf(name, sizeof name, "level-%d", i);
    end += sprintf(end, "/%s", name);
    NEED(!mkdir(name, 0755) && !chdir(name));
  }
  strcpy(end, "/forty");
  touch("forty");
  account("deep", "%s", path);
  NEED(!fchdir(top));
  // Just 4 095 bytes with the name at the end.
  end = start;
  char name[256];
  memset(name, 'n', 255);
  name[255] = 0;
  int room = 4095 - (int)strlen("/whole");
  while (end - path < room) {
    int size = room - (int)(end - path) - 1;
    if (size > 255) size = size - 255 < 2 ? 253 : 255;
    end += sprintf(end, "/%.*s", size, name);
    char last[256];
    snprintf(last, sizeof last, "%.*s", size, name);
    NEED(!mkdir(last, 0755) && !chdir(last));
  }
  strcpy(end, "/whole");
  NEED(strlen(path) == 4095);
  touch("whole");
  account("long", "%s", path);
  // One level more.
  NEED(!mkdir(name, 0755) && !chdir(name));
  touch("longer");
  open("missing", O_RDONLY);
  execl("/bin/true", "deep", NULL);
  return 1;
}
