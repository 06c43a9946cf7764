// SPDX-License-Identifier: Apache-2.0
//: claim: Users and groups are called as the C library calls them
//: expect: setid call=setgid rgid=65534
//: expect: exec uid=65534 exe=$true
//: page: setgid(65534 $group)
//: page: as $user (65534)
//: page: $user (65534), group $group (65534): ./given
#include "hard.h"
#include <grp.h>
#include <pwd.h>

int main(void) {
  struct passwd *user = getpwuid(65534);
  struct group *group = getgrgid(65534);
  NEED(user && group);
  account("user", "%s", user->pw_name);
  account("group", "%s", group->gr_name);
  char path[PATH_MAX] = "";
  NEED(realpath("/bin/true", path));
  account("true", "%s", path);
  touch("given");
  NEED(!chown("given", 65534, 65534));
  pid_t child = fork();
  if (!child) {
    NEED(!setgid(65534) && !setuid(65534));
    execl("/bin/true", "true", NULL);
    _exit(1);
  }
  NEED(!ended(child));
  return 0;
}
