// SPDX-License-Identifier: Apache-2.0
//: claim: A socket bound to port 0 is told with the port that it was given
//: expect: bind local.address=127.0.0.1 local.port=$port error=-
//: expect: listen local.port=$port
//: expect: connect remote.port=$port local.port=$client error=-
//: expect: accept local.port=$port remote.port=$client
//: expect: bind protocol=udp local.port=$datagram
#include "hard.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static int port_of(int socket) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  NEED(!getsockname(socket, (void *)&address, &size));
  return ntohs(address.sin_port);
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  NEED(!bind(server, (void *)&address, sizeof address) && !bind(datagrams, (void *)&address, sizeof address));
  account("port", "%d", port_of(server));
  account("datagram", "%d", port_of(datagrams));
  address.sin_port = htons(port_of(server));
  NEED(!listen(server, 1) && !connect(client, (void *)&address, sizeof address));
  account("client", "%d", port_of(client));
  NEED(accept(server, NULL, NULL) > 2);
  return 0;
}
