// SPDX-License-Identifier: Apache-2.0
// Connections with each outcome, threads, and a storm of processes.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void *open_own(void *number) {
  char name[32];
  snprintf(name, sizeof name, "thread-%ld", (long)number);
  close(open(name, O_CREAT | O_WRONLY, 0600));
  return NULL;
}

static void try(int family, const char *address, int port) {
  int s = socket(family, SOCK_STREAM, 0);
  if (family == AF_INET) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    connect(s, (void *)&to, sizeof to);
  } else {
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    inet_pton(AF_INET6, address, &to.sin6_addr);
    connect(s, (void *)&to, sizeof to);
  }
  close(s);
}

static void try_local(const char *name, int size, int type) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  memcpy(to.sun_path, name, size);
  int s = socket(AF_UNIX, type, 0);
  connect(s, (void *)&to, offsetof(struct sockaddr_un, sun_path) + size);
  close(s);
}

int main(void) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(7000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (void *)&here, sizeof here) || listen(server, 64)) return 1;
  for (int i = 0; i < 20; i++) try(AF_INET, "127.0.0.1", 7000);
  try(AF_INET, "127.0.0.1", 7001);   // ECONNREFUSED
  try(AF_INET, "192.0.2.1", 80);     // ENETUNREACH
  try(AF_INET6, "2001:db8::1", 80);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  here.sin_port = htons(7002);
  connect(datagrams, (void *)&here, sizeof here);
  try_local("missing.sock", 13, SOCK_STREAM);     // ENOENT
  try_local("\0nobody \0 there", 15, SOCK_STREAM); // ECONNREFUSED
  pthread_t threads[8];
  for (long i = 0; i < 8; i++) pthread_create(&threads[i], NULL, open_own, (void *)i);
  for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 200; i++) {
    pid_t child = i & 1 ? vfork() : fork();
    if (child == 0) {
      if (i % 4 < 2) execl("/bin/true", "true", NULL);
      _exit(i & 0x7f);
    }
    waitpid(child, NULL, 0);
  }
  return 4;
}
