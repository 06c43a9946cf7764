// SPDX-License-Identifier: Apache-2.0
// tcp SERVERS-NAMESPACE: connections over a slow wire (10.91.0.1 here, 10.91.0.2 there, nobody at 10.91.0.3), each with
// another end, and the program's own account of them:
//   connect PID LOCAL-PORT OUTCOME HOW     OUTCOME: ok, pending, or an error's number; HOW it knows: connect has waited for
//                                          it, or it was asked for later; or never
//   close   PID LOCAL-PORT REMOTE-PORT SENT RECEIVED IS-FINAL
// Ports are chosen here, so that each line can be found again: clients have 21001 and up, and the server's are 22001 (a
// service that does as it is asked) and 22002 (nobody).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SERVICE = 22001, NOBODY = 22002 };

// What the client asks of the service: how many bytes it will send besides, how many it wants, and how to end.
struct wish {
  unsigned more, back;
  enum { CLIENT_ENDS, SERVER_ENDS, SERVER_RESETS, NOBODY_ENDS } ending;
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void account(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void account(const char *format, ...) {
  char line[200];
  va_list list;
  va_start(list, format);
  int size = vsnprintf(line, sizeof line, format, list);
  va_end(list);
  (void)!write(1, line, size);
}

static struct sockaddr_in at(const char *address, int port) {
  struct sockaddr_in result = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

static void send_all(int file, unsigned size) {
  static char bytes[65536];
  while (size) {
    ssize_t sent = send(file, bytes, size < sizeof bytes ? size : sizeof bytes, MSG_NOSIGNAL);
    if (sent <= 0) fail("send");
    size -= sent;
  }
}

static void receive_all(int file, unsigned size) {
  static char bytes[65536];
  while (size) {
    ssize_t received = recv(file, bytes, size < sizeof bytes ? size : sizeof bytes, 0);
    if (received <= 0) fail("recv");
    size -= received;
  }
}

static int port_of(int file, int (*which)(int, struct sockaddr *, socklen_t *)) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  if (which(file, (void *)&address, &size)) fail("port");
  return ntohs(address.sin_port);
}

static void closed(int local, int remote, unsigned sent, unsigned received, int is_final) {
  account("close %d %d %d %u %u %d\n", getpid(), local, remote, sent, received, is_final);
}

static void wait_for_end(int file) {
  char byte;
  while (recv(file, &byte, 1, 0) > 0) {}
}

static void serve(int listener) {
  for (;;) {
    int file = accept(listener, NULL, NULL);
    if (file < 0) fail("accept");
    int remote = port_of(file, getpeername);
    struct wish wish;
    if (recv(file, &wish, sizeof wish, MSG_WAITALL) != sizeof wish) fail("recv");
    receive_all(file, wish.more);
    send_all(file, wish.back);
    if (wish.ending == NOBODY_ENDS) {
      closed(SERVICE, remote, wish.back, sizeof wish + wish.more, 0);
      continue;
    }
    if (wish.ending == SERVER_RESETS) {
      // All of it has to be there before the reset.
      struct linger none = {.l_onoff = 1};
      int waiting;
      do {
        usleep(1000);
        struct tcp_info info;
        socklen_t size = sizeof info;
        getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &size);
        waiting = info.tcpi_unacked;
      } while (waiting);
      setsockopt(file, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    } else if (wish.ending == SERVER_ENDS) {
      shutdown(file, SHUT_WR);
      wait_for_end(file);
    } else {
      wait_for_end(file);
    }
    close(file);
    closed(SERVICE, remote, wish.back, sizeof wish + wish.more, 1);
  }
}

static int next_port = 21001;

static int client(int flags) {
  struct sockaddr_in own = at("10.91.0.1", next_port++);
  int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;
  setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(file, (void *)&own, sizeof own)) fail("bind");
  return file;
}

static int try(int file, const char *address, int port) {
  struct sockaddr_in to = at(address, port);
  return connect(file, (void *)&to, sizeof to) ? errno : 0;
}

static void ended(int port, int error, const char *how) {
  if (error) account("connect %d %d %d %s\n", getpid(), port, error, how);
  else account("connect %d %d ok %s\n", getpid(), port, how);
}

static int outcome(int file) {
  struct pollfd poll_for = {.fd = file, .events = POLLOUT};
  int error = -1;
  socklen_t size = sizeof error;
  poll(&poll_for, 1, 20000);
  getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

static void converse(int file, struct wish wish) {
  int port = port_of(file, getsockname);
  send_all(file, sizeof wish == send(file, &wish, sizeof wish, 0) ? wish.more : 0);
  receive_all(file, wish.back);
  if (wish.ending == CLIENT_ENDS) shutdown(file, SHUT_WR);
  if (wish.ending == NOBODY_ENDS) {
    // This program's own end would be the connection's, some moments later: somebody holds it until long after the run.
    if (fork() == 0) {
      alarm(60);
      for (;;) pause();
    }
    closed(port, SERVICE, sizeof wish + wish.more, wish.back, 0);
    return;
  }
  wait_for_end(file);
  close(file);
  closed(port, SERVICE, sizeof wish + wish.more, wish.back, 1);
}

static void conversation(struct wish wish) {
  int port = next_port, file = client(0), error = try(file, "10.91.0.2", SERVICE);
  ended(port, error, "waited");
  if (error) fail("connect");
  converse(file, wish);
}

// Nobody answers: it gives up by itself.
static int impatient(int flags) {
  int file = client(flags), milliseconds = 400, once = 1;
  setsockopt(file, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
  setsockopt(file, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof once);
  return file;
}

static void failures(void) {
  int port = next_port;
  ended(port, try(client(0), "10.91.0.2", NOBODY), "waited");
  port = next_port;
  ended(port, try(impatient(0), "10.91.0.3", SERVICE), "waited");
  // Without waiting.
  port = next_port;
  int file = client(SOCK_NONBLOCK);
  if (try(file, "10.91.0.2", NOBODY) != EINPROGRESS) fail("connect");
  ended(port, outcome(file), "asked");
  port = next_port;
  file = impatient(SOCK_NONBLOCK);
  if (try(file, "10.91.0.3", SERVICE) != EINPROGRESS) fail("connect");
  if (try(file, "10.91.0.3", SERVICE) != EALREADY) fail("connect");
  ended(port, outcome(file), "asked");
}

static void without_waiting(void) {
  int port = next_port, file = client(SOCK_NONBLOCK);
  if (try(file, "10.91.0.2", SERVICE) != EINPROGRESS) fail("connect");
  ended(port, outcome(file), "asked");
  fcntl(file, F_SETFL, 0);
  converse(file, (struct wish){10, 20, CLIENT_ENDS});
  // Closed before there is an answer.
  port = next_port;
  file = client(SOCK_NONBLOCK);
  if (try(file, "10.91.0.3", SERVICE) != EINPROGRESS) fail("connect");
  close(file);
  account("connect %d %d pending never\n", getpid(), port);
}

static void killed(void) {
  int port = next_port, file = client(0);
  pid_t child = fork();
  if (child == 0) {
    try(file, "10.91.0.3", SERVICE);
    _exit(1);
  }
  close(file);
  usleep(200000);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  account("connect %d %d pending never\n", child, port);
}

// Who connects is gone when the answer comes; the socket is not.
static void orphaned(void) {
  int port = next_port, file = client(SOCK_NONBLOCK);
  pid_t child = fork();
  if (child == 0) _exit(try(file, "10.91.0.2", SERVICE) == EINPROGRESS ? 0 : 1);
  int status;
  waitpid(child, &status, 0);
  if (status) exit(1);
  int error = outcome(file);
  account("connect %d %d %s asked\n", child, port, error ? strerror(error) : "ok");
  struct wish wish = {1, 1, CLIENT_ENDS};
  fcntl(file, F_SETFL, 0);
  send(file, &wish, sizeof wish, 0);
  send_all(file, 1);
  receive_all(file, 1);
  shutdown(file, SHUT_WR);
  wait_for_end(file);
  close(file);
  account("close %d %d %d %u %u 1\n", child, port, SERVICE, (unsigned)sizeof wish + 1, 1);
}

// What was closed last has to come to its end in the kernel, too, and what was sent last has to be acknowledged: until its
// list has none but those that stay open and have nothing under way, listeners, and ports kept waiting (TIME_WAIT).
static void wait_for_ends(const char *path) {
  for (int tries = 0; tries < 1000; tries++) {
    FILE *list = fopen(path, "re");
    char line[256];
    int left = 0;
    unsigned state, waiting;
    if (!list) fail(path);
    while (fgets(line, sizeof line, list))
      if (sscanf(line, "%*d: %*8x:%*4x %*8x:%*4x %2x %8x", &state, &waiting) == 2)
        left += state == 0x01 ? waiting != 0 : state != 0x06 && state != 0x0a;
    fclose(list);
    if (!left) return;
    usleep(20000);
  }
  fail("they do not end");
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int ready[2];
  if (pipe2(ready, O_CLOEXEC)) fail("pipe");
  pid_t server = fork();
  if (server == 0) {
    char path[128];
    snprintf(path, sizeof path, "/run/netns/%s", argv[1]);
    if (setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNET)) fail(path);
    struct sockaddr_in own = at("0.0.0.0", SERVICE);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (void *)&own, sizeof own) || listen(listener, 64)) fail("listen");
    (void)!write(ready[1], "x", 1);
    alarm(60);
    serve(listener);
  }
  char byte;
  if (read(ready[0], &byte, 1) != 1) return 1;
  conversation((struct wish){0, 0, CLIENT_ENDS});
  conversation((struct wish){1000, 100000, CLIENT_ENDS});
  conversation((struct wish){100000, 1000, SERVER_ENDS});
  conversation((struct wish){1500000, 1500000, CLIENT_ENDS});
  conversation((struct wish){77, 99, SERVER_RESETS});
  failures();
  without_waiting();
  killed();
  orphaned();
  conversation((struct wish){123, 456, NOBODY_ENDS});
  wait_for_ends("/proc/self/net/tcp");
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/net/tcp", server);
  wait_for_ends(path);
  return 0;
}
