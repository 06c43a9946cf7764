// SPDX-License-Identifier: Apache-2.0
//: claim: A set-user-ID program that an ordinary user starts is told with both users, and so is what it becomes
//: prepare: touch account ../story.jsonl ../page; chmod 666 account ../story.jsonl ../page; chmod 777 .; cp $P suid; chown root suid; chmod 4755 suid
//: command: $W/suid
//: options: --user nobody
//: expect: exec exe=$W/suid uid=65534 euid=0 argv.0=$W/suid
//: expect: open path=$W/as-root uid=65534
//: expect: setid call=setresuid
//: expect: exec exe=*/true uid=65534 euid=65534
//: expect: exit uid=65534 code=0
#include "hard.h"

int main(void) {
  NEED(geteuid() == 0 && getuid() == 65534);
  touch("as-root");
  NEED(!setresuid(65534, 65534, 65534));
  execl("/bin/true", "true", NULL);
  return 1;
}
