// SPDX-License-Identifier: Apache-2.0
// crowd COUNT: so many connections on loopback, all open at once, each with so many bytes as its own number says; then
// they are closed.
// The account: a line for each, PORT SENT RECEIVED, as the client sees it.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static char bytes[4096];

static void receive(int file, int size) {
  while (size > 0) {
    ssize_t got = recv(file, bytes, size, 0);
    if (got <= 0) fail("recv");
    size -= got;
  }
}

static void raise_limit(int count) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) fail("getrlimit");
  if (files.rlim_cur < (rlim_t)count + 100) files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files)) fail("setrlimit");
}

// Takes all of them before it answers the first: the client has sent its number.
static void serve(int listener, int count, int *files) {
  for (int i = 0; i < count; i++) {
    files[i] = accept(listener, NULL, NULL);
    if (files[i] < 0) fail("accept");
  }
  for (int i = 0; i < count; i++) {
    int number;
    if (recv(files[i], &number, sizeof number, MSG_WAITALL) != sizeof number) fail("recv");
    receive(files[i], number % 1009);
    if (send(files[i], bytes, number % 2003, 0) != number % 2003) fail("send");
  }
  // The client closes first.
  for (int i = 0; i < count; i++) {
    if (recv(files[i], bytes, 1, 0)) fail("end");
    close(files[i]);
  }
}

// The last of them have to come to their end in the kernel, too: until its own list has none that is more than a port kept
// waiting (TIME_WAIT), or the listener.
static void wait_for_ends(void) {
  for (int tries = 0; tries < 1500; tries++) {
    FILE *list = fopen("/proc/self/net/tcp", "re");
    char line[256];
    int left = 0;
    unsigned state;
    if (!list) fail("/proc/self/net/tcp");
    while (fgets(line, sizeof line, list))
      if (sscanf(line, "%*d: %*8x:%*4x %*8x:%*4x %2x", &state) == 1) left += state != 0x06 && state != 0x0a;
    fclose(list);
    if (!left) return;
    usleep(20000);
  }
  fail("they do not end");
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0, status;
  raise_limit(count);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7300)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) fail("listen");
  int *files = calloc(count, sizeof *files);
  if (!files) fail("calloc");
  pid_t server = fork();
  if (server == 0) {
    serve(listener, count, files);
    return 0;
  }
  for (int i = 0; i < count; i++) {
    files[i] = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(files[i], (void *)&address, sizeof address)) fail("connect");
  }
  for (int i = 0; i < count; i++) {
    // At once: the rest would wait for the number's acknowledgement.
    memcpy(bytes, &i, sizeof i);
    ssize_t size = sizeof i + i % 1009;
    if (send(files[i], bytes, size, 0) != size) fail("send");
  }
  for (int i = 0; i < count; i++) {
    receive(files[i], i % 2003);
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    getsockname(files[i], (void *)&own, &size);
    printf("%d %d %d\n", ntohs(own.sin_port), (int)sizeof i + i % 1009, i % 2003);
  }
  for (int i = 0; i < count; i++) close(files[i]);
  if (waitpid(server, &status, 0) != server) fail("waitpid");
  wait_for_ends();
  return status ? 1 : 0;
}
