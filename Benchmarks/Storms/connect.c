// SPDX-License-Identifier: Apache-2.0
// connect RESULT COUNT: COUNT times connect, accept and close of both ends, on loopback, in one process.
#include <arpa/inet.h>
#include <sys/socket.h>

#include "storm.h"

enum { ADDRESSES = 250 };

static void marker(void) {}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long count = atol(argv[2]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7311)};
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 64)) storm_fail("listen");
  storm_gate(marker);
  storm_begin();
  for (long i = 0; i < count; i++) {
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client < 0) storm_fail("socket");
    // Another address each time: the ports of one are kept waiting after the farewell, and are less than are used here.
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + i % ADDRESSES);
    if (connect(client, (void *)&address, sizeof address)) storm_fail("connect");
    int server = accept(listener, NULL, NULL);
    if (server < 0) storm_fail("accept");
    close(client);
    close(server);
  }
  storm_end(argv[1], count);
  return 0;
}
