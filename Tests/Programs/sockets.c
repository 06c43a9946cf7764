// SPDX-License-Identifier: Apache-2.0
// Every call on sockets that is told, on every kind of socket that needs no right of its own but raw and packet ones:
// connect, accept, listen, bind, sendto, sendmsg, sendmmsg, done and failed. All of it on loopback.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_storage storage;

static struct sockaddr *v4(const char *text, int port) {
  struct sockaddr_in *address = (void *)&storage;
  memset(&storage, 0, sizeof storage);
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  inet_pton(AF_INET, text, &address->sin_addr);
  return (void *)address;
}

static struct sockaddr *v6(const char *text, int port, unsigned scope) {
  struct sockaddr_in6 *address = (void *)&storage;
  memset(&storage, 0, sizeof storage);
  address->sin6_family = AF_INET6;
  address->sin6_port = htons(port);
  address->sin6_scope_id = scope;
  inet_pton(AF_INET6, text, &address->sin6_addr);
  return (void *)address;
}

// A name of any bytes, zeros too; gives the size of its address.
static socklen_t named(const char *name, size_t length) {
  struct sockaddr_un *address = (void *)&storage;
  memset(&storage, 0, sizeof storage);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, name, length);
  return sizeof address->sun_family + length;
}

static const socklen_t SIZE4 = sizeof(struct sockaddr_in), SIZE6 = sizeof(struct sockaddr_in6);
static struct sockaddr *const ANY = (void *)&storage;

static int make(int family, int type, int protocol) { return socket(family, type | SOCK_CLOEXEC, protocol); }

// One whose port is free again at once, for the next run.
static int stream(int family) {
  int file = make(family, SOCK_STREAM, 0), on = 1;
  struct linger none = {.l_onoff = 1};
  setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  return file;
}

static void message(int file, struct sockaddr *to, socklen_t size) {
  struct iovec part = {"x", 1};
  struct msghdr header = {.msg_name = to, .msg_namelen = size, .msg_iov = &part, .msg_iovlen = 1};
  sendmsg(file, &header, 0);
}

static void datagrams(void) {
  int server = make(AF_INET, SOCK_DGRAM, 0), file = make(AF_INET, SOCK_DGRAM, 0);
  bind(server, v4("127.0.0.1", 7101), SIZE4);
  bind(make(AF_INET, SOCK_DGRAM, 0), v4("127.0.0.1", 7101), SIZE4);   // EADDRINUSE
  bind(make(AF_INET, SOCK_DGRAM, 0), v4("192.0.2.1", 7102), SIZE4);   // EADDRNOTAVAIL
  connect(file, v4("127.0.0.1", 7101), SIZE4);
  for (int i = 0; i < 3; i++) send(file, "x", 1, 0);                  // without an address, to the peer
  sendto(file, "x", 1, 0, v4("127.0.0.1", 7101), SIZE4);              // the same, by name
  connect(file, v4("127.0.0.1", 7103), SIZE4);                        // another peer, with nobody there
  message(file, NULL, 0);
  send(file, "x", 1, 0);                                              // ECONNREFUSED
  message(file, NULL, 0);
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  connect(file, &none, sizeof none);                                  // taken apart: nothing to tell
  connect(file, v4("10.98.1.1", 53), SIZE4);                          // EHOSTUNREACH
  connect(file, (void *)8, SIZE4);                                    // EFAULT
  connect(file, v4("127.0.0.1", 1), 3);                               // EINVAL
  for (int i = 0; i < 1000; i++) sendto(server, "x", 1, 0, v4("127.0.0.1", 7104), SIZE4);
  sendto(server, "x", 1, 0, v4("127.0.0.2", 7104), SIZE4);
  sendto(server, "x", 1, 0, v4("10.98.1.1", 53), SIZE4);              // EHOSTUNREACH
  sendto(server, "x", 1, 0, v4("10.97.1.1", 53), SIZE4);              // EACCES
  sendto(server, "x", 1, 0, (void *)8, SIZE4);                        // EFAULT
  message(server, v4("127.0.0.3", 7104), SIZE4);
  message(server, v4("127.0.0.3", 7104), SIZE4);
  int six = make(AF_INET6, SOCK_DGRAM, 0);
  sendto(six, "x", 1, 0, v6("::1", 7105, 0), SIZE6);
  sendto(six, "x", 1, 0, v6("::ffff:127.0.0.1", 7105, 0), SIZE6);
  connect(six, v6("::1", 7106, 0), SIZE6);
  message(six, ANY, 0);                                               // an address of no bytes is none
  connect(six, v6("::ffff:127.0.0.1", 7101, 0), SIZE6);
  sendto(six, "x", 1, 0, v6("::1", 7107, 0), 0);                      // EINVAL

  struct sockaddr_in to[5];
  struct iovec part = {"x", 1};
  struct mmsghdr messages[5] = {};
  for (int i = 0; i < 5; i++) {
    memcpy(&to[i], v4("127.0.0.4", 7110 + i % 4), SIZE4);
    messages[i].msg_hdr = (struct msghdr){.msg_name = &to[i], .msg_namelen = SIZE4, .msg_iov = &part, .msg_iovlen = 1};
  }
  sendmmsg(server, messages, 5, 0);
  for (int i = 0; i < 5; i++) messages[i].msg_hdr.msg_name = NULL;
  send(server, "x", 1, 0);                                            // EDESTADDRREQ: there is no peer
  sendmmsg(server, messages, 5, 0);                                   // likewise
  connect(server, v4("127.0.0.5", 7119), SIZE4);
  messages[3].msg_hdr.msg_name = &to[3];
  sendmmsg(server, messages, 5, 0);
}

static void unix_sockets(void) {
  mkdir("directory", 0755);
  int server = make(AF_UNIX, SOCK_STREAM, 0);
  bind(server, ANY, named("directory/server", 17));
  listen(server, 5);
  bind(make(AF_UNIX, SOCK_STREAM, 0), ANY, named("directory/server", 17));   // EADDRINUSE
  bind(make(AF_UNIX, SOCK_STREAM, 0), ANY, named("missing/server", 15));     // ENOENT
  int file = make(AF_UNIX, SOCK_STREAM, 0);
  connect(file, ANY, named("./directory//server", 20));
  int accepted = accept(server, NULL, NULL);
  connect(file, ANY, named("directory/server", 17));                         // EISCONN: nothing was tried
  close(accepted);
  connect(make(AF_UNIX, SOCK_STREAM, 0), ANY, named("missing.socket", 15));  // ENOENT
  connect(make(AF_UNIX, SOCK_DGRAM, 0), ANY, named("directory/server", 17)); // EPROTOTYPE
  char absolute[108];
  if (!getcwd(absolute, 80)) abort();
  strcat(absolute, "/directory/server");
  connect(make(AF_UNIX, SOCK_STREAM, 0), ANY, named(absolute, strlen(absolute) + 1));
  close(accept4(server, NULL, NULL, SOCK_CLOEXEC));
  close(server);
  connect(make(AF_UNIX, SOCK_STREAM, 0), ANY, named("directory/server", 17)); // ECONNREFUSED

  // Abstract: any bytes, zeros and control bytes too.
  server = make(AF_UNIX, SOCK_SEQPACKET, 0);
  bind(server, ANY, named("\0honeyguide\0\x01\xff test", 19));
  listen(server, 7);
  connect(make(AF_UNIX, SOCK_SEQPACKET, 0), ANY, named("\0honeyguide\0\x01\xff test", 19));
  close(accept(server, NULL, NULL));
  connect(make(AF_UNIX, SOCK_STREAM, 0), ANY, named("\0nobody", 7));          // ECONNREFUSED

  int receiver = make(AF_UNIX, SOCK_DGRAM, 0), sender = make(AF_UNIX, SOCK_DGRAM, 0);
  bind(receiver, ANY, named("receiver", 9));
  for (int i = 0; i < 3; i++) sendto(sender, "x", 1, MSG_DONTWAIT, ANY, named("receiver", 9));
  sendto(sender, "x", 1, 0, ANY, named("nobody", 7));                         // ENOENT
  message(sender, ANY, named("./receiver", 11));
  connect(sender, ANY, named("receiver", 9));
}

static void streams(void) {
  int server = stream(AF_INET);
  bind(server, v4("127.0.0.1", 7120), SIZE4);
  listen(server, 3);
  listen(server, 4);
  bind(server, v4("127.0.0.1", 7121), SIZE4);                                 // EINVAL: bound already
  listen(make(AF_INET, SOCK_DGRAM, 0), 1);                                    // EOPNOTSUPP
  accept(make(AF_INET, SOCK_STREAM, 0), NULL, NULL);                          // EINVAL
  int client = stream(AF_INET);
  bind(client, v4("127.0.0.9", 7122), SIZE4);
  connect(client, v4("127.0.0.1", 7120), SIZE4);
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  int accepted = accept(server, (void *)&peer, &size);
  close(client);
  close(accepted);
  int waiting = make(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind(waiting, v4("127.0.0.1", 7123), SIZE4);
  listen(waiting, 1);
  accept(waiting, NULL, NULL);                                                // EAGAIN: nothing to tell
  server = stream(AF_INET6);
  bind(server, v6("::1", 7124, 0), SIZE6);
  listen(server, 3);
  client = stream(AF_INET6);
  bind(client, v6("::1", 7125, 0), SIZE6);
  connect(client, v6("::1", 7124, 0), SIZE6);
  size = sizeof peer;
  accept4(server, (void *)&peer, &size, SOCK_CLOEXEC);
  // Link-local: without the interface no connect at all.
  connect(make(AF_INET6, SOCK_STREAM, 0), v6("fe80::1", 7126, 0), SIZE6);     // EINVAL
  connect(make(AF_INET6, SOCK_STREAM, 0), v6("fe80::1", 7126, 4242), SIZE6);  // ENODEV, ENETUNREACH or EINVAL
}

static void others(void) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int netlink = make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = 1};
  bind(netlink, (void *)&own, sizeof own);
  struct nlmsghdr header = {.nlmsg_len = sizeof header, .nlmsg_type = NLMSG_NOOP};
  for (int i = 0; i < 3; i++) sendto(netlink, &header, sizeof header, 0, (void *)&kernel, sizeof kernel);
  connect(make(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), (void *)&kernel, sizeof kernel);

  struct sockaddr_vm vm = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = 9099};
  int vsock = make(AF_VSOCK, SOCK_STREAM, 0);
  if (vsock >= 0) bind(vsock, (void *)&vm, sizeof vm);

  int raw = make(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (raw >= 0) sendto(raw, "\x08\0\0\0\0\0\0\0", 8, 0, v4("127.0.0.5", 0), SIZE4);
  struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_ifindex = 1};
  int packet = make(AF_PACKET, SOCK_DGRAM, 0);
  if (packet >= 0) bind(packet, (void *)&link, sizeof link);
  struct sockaddr_nl wrong = {.nl_family = AF_NETLINK};
  connect(777, (void *)&wrong, sizeof wrong);                                 // EBADF: no socket, no event
  listen(0, 1);                                                               // ENOTSOCK
}

int main(void) {
  datagrams();
  unix_sockets();
  streams();
  others();
  return 0;
}
