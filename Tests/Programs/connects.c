// SPDX-License-Identifier: Apache-2.0
// A TCP client and its servers: every outcome of connect, on the loopback of a network namespace that has no route
// but a blackhole (10.99/16), an unreachable (10.98/16) and a prohibited one (10.97/16).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_storage address(const char *text, int port, socklen_t *size) {
  struct sockaddr_storage result = {};
  struct sockaddr_in *v4 = (void *)&result;
  struct sockaddr_in6 *v6 = (void *)&result;
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    *size = sizeof *v4;
  } else {
    if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) abort();
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    *size = sizeof *v6;
  }
  return result;
}

static int try(int file, const char *text, int port) {
  socklen_t size;
  struct sockaddr_storage to = address(text, port, &size);
  return connect(file, (void *)&to, size);
}

static int tcp(int family, int flags) { return socket(family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0); }

static int listener(const char *text, int port, int backlog) {
  socklen_t size;
  struct sockaddr_storage at = address(text, port, &size);
  int file = tcp(at.ss_family, 0), on = 1;
  setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(file, (void *)&at, size) || listen(file, backlog)) {
    perror(text);
    exit(1);
  }
  return file;
}

// Waits for the outcome of a connect that goes on by itself, and asks for it.
static int outcome(int file) {
  struct pollfd poll_for = {.fd = file, .events = POLLOUT};
  int error = -1;
  socklen_t size = sizeof error;
  poll(&poll_for, 1, 10000);
  getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

// A listener whose queue is full: it answers nobody any more, and a connect waits for ever.
static void fill(const char *text, int port) {
  listener(text, port, 0);
  try(tcp(AF_INET, 0), text, port);
}

static int impatient(int flags) {
  int file = tcp(AF_INET, flags), milliseconds = 500;
  setsockopt(file, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
  return file;
}

static void *connect_in_thread(void *unused) {
  int file = tcp(AF_INET, 0);
  try(file, "127.0.0.1", 7001);
  close(file);
  return unused;
}

static void nothing(int signal) { (void)signal; }

static void immediate(void) {
  try(tcp(AF_INET, 0), "127.0.0.1", 7001);   // ok
  try(tcp(AF_INET6, 0), "::1", 7001);
  try(tcp(AF_INET6, 0), "::ffff:127.0.0.1", 7001);
  try(tcp(AF_INET, 0), "127.0.0.1", 7999);   // ECONNREFUSED
  try(tcp(AF_INET6, 0), "::1", 7999);
  try(tcp(AF_INET6, 0), "::ffff:127.0.0.1", 7999);
  try(tcp(AF_INET, 0), "10.99.1.1", 80);     // EINVAL: a blackhole
  try(tcp(AF_INET, 0), "10.98.1.1", 80);     // EHOSTUNREACH
  try(tcp(AF_INET, 0), "10.97.1.1", 80);     // EACCES
  try(tcp(AF_INET, 0), "192.0.2.1", 80);     // ENETUNREACH: no route
  try(tcp(AF_INET6, 0), "2001:db8::1", 80);
  try(tcp(AF_INET, SOCK_NONBLOCK), "192.0.2.1", 80);
  try(tcp(AF_INET, 0), "::1", 7001);         // EAFNOSUPPORT
  socklen_t size;
  struct sockaddr_storage to = address("127.0.0.1", 7001, &size);
  connect(tcp(AF_INET, 0), (void *)&to, 4);  // EINVAL
  connect(tcp(AF_INET, 0), (void *)8, size); // EFAULT
  connect(777, (void *)&to, size);           // EBADF: no socket, no event
  connect(open("/dev/null", O_RDWR), (void *)&to, size);  // ENOTSOCK
}

static void twice(void) {
  int file = tcp(AF_INET, 0);
  try(file, "127.0.0.1", 7001);
  try(file, "127.0.0.1", 7001);              // EISCONN: nothing was tried
  struct sockaddr_storage none = {.ss_family = AF_UNSPEC};
  connect(file, (void *)&none, sizeof none); // taken apart
  try(file, "127.0.0.1", 7002);              // and used again
  close(file);
  file = tcp(AF_INET, 0);
  try(file, "127.0.0.1", 7999);              // refused, three times over
  try(file, "127.0.0.1", 7999);
  try(file, "127.0.0.1", 7999);
  try(file, "127.0.0.1", 7001);              // and then not
  close(file);
}

static void later(void) {
  int file = tcp(AF_INET, SOCK_NONBLOCK);
  if (try(file, "127.0.0.1", 7001) && errno == EINPROGRESS) outcome(file);
  try(file, "127.0.0.1", 7001);              // 0 or EISCONN
  file = tcp(AF_INET6, SOCK_NONBLOCK);
  if (try(file, "::1", 7001) && errno == EINPROGRESS) outcome(file);
  file = tcp(AF_INET, SOCK_NONBLOCK);
  if (try(file, "127.0.0.1", 7999) && errno == EINPROGRESS) outcome(file);
  file = tcp(AF_INET6, SOCK_NONBLOCK);
  if (try(file, "::1", 7999) && errno == EINPROGRESS) outcome(file);
  // Refused, and told by the second connect instead of by SO_ERROR.
  file = tcp(AF_INET, SOCK_NONBLOCK);
  if (try(file, "127.0.0.1", 7999) && errno == EINPROGRESS) {
    struct pollfd poll_for = {.fd = file, .events = POLLOUT};
    poll(&poll_for, 1, 10000);
    try(file, "127.0.0.1", 7999);
  }
  // Asked again while it is under way.
  file = impatient(SOCK_NONBLOCK);
  try(file, "127.0.0.1", 7003);              // EINPROGRESS
  try(file, "127.0.0.1", 7003);              // EALREADY
  outcome(file);                             // ETIMEDOUT
  // Closed while it is under way.
  file = tcp(AF_INET, SOCK_NONBLOCK);
  try(file, "127.0.0.1", 7003);
  close(file);
  // A blocking one that nobody answers.
  try(impatient(0), "127.0.0.1", 7003);      // ETIMEDOUT
}

static void interrupted(void) {
  struct itimerval soon = {.it_value = {.tv_usec = 200000}};
  struct sigaction action = {.sa_handler = nothing};
  // Without SA_RESTART: EINTR, and the connection goes on by itself.
  sigaction(SIGALRM, &action, NULL);
  int file = impatient(0);
  setitimer(ITIMER_REAL, &soon, NULL);
  if (try(file, "127.0.0.1", 7003) && errno == EINTR) outcome(file);
  // With it: the kernel asks again, and that is one attempt.
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  try(impatient(0), "127.0.0.1", 7003);
}

static void others(void) {
  // What is not TCP is no event here.
  int datagram = socket(AF_INET, SOCK_DGRAM, 0);
  try(datagram, "127.0.0.1", 7001);
  struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "missing.socket"};
  connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&path, sizeof path);

  pthread_t thread;
  pthread_create(&thread, NULL, connect_in_thread, NULL);
  pthread_join(thread, NULL);
  // A socket that a child was given.
  int file = tcp(AF_INET, 0);
  if (fork() == 0) {
    try(file, "127.0.0.1", 7002);
    _exit(0);
  }
  wait(NULL);
}

int main(void) {
  listener("127.0.0.1", 7001, 64);
  listener("127.0.0.1", 7002, 64);
  listener("::1", 7001, 64);
  fill("127.0.0.1", 7003);
  immediate();
  twice();
  later();
  interrupted();
  others();
  return 0;
}
