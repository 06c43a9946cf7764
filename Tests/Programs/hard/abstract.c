// SPDX-License-Identifier: Apache-2.0
//: claim: Unix sockets of the abstract namespace are told with every byte of their names, zeros too
//: expect: bind protocol=unix local.abstract=hard\x00$pid\x00 error=-
//: expect: connect remote.abstract=hard\x00$pid\x00 error=-
//: expect: connect remote.abstract=hard\x00$pid error=ECONNREFUSED
#include "hard.h"

static socklen_t name(struct sockaddr_un *address, int zeros) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  int size = sprintf(address->sun_path + 6, "%d", getpid());
  memcpy(address->sun_path, "\0hard\0", 6);
  return offsetof(struct sockaddr_un, sun_path) + 6 + size + zeros;
}

int main(void) {
  struct sockaddr_un address;
  account("pid", "%d", getpid());
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  NEED(!bind(server, (void *)&address, name(&address, 1)) && !listen(server, 5));
  NEED(!connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, name(&address, 1)));
  NEED(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, name(&address, 0)));
  return 0;
}
