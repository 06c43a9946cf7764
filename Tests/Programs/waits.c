// SPDX-License-Identifier: Apache-2.0
// Waits for a byte from the FIFO "go" with THREADS threads and CHILDREN children; then each thread and child does things
// with files and processes, and it exits with 7. "ready" is there when all wait.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_barrier_t barrier;

static void work(int number) {
  char name[64];
  for (int turn = 0; turn < 5; turn++) {
    snprintf(name, sizeof name, "file-%d-%d", number, turn);
    int file = open(name, O_CREAT | O_WRONLY | O_EXCL, 0600);
    write(file, "x", 1);
    close(file);
    open("missing", O_RDONLY);
    struct stat about;
    stat("/etc/hostname", &about);
    access("nowhere", F_OK);
    pid_t child = fork();
    if (child == 0) {
      unlink(name);
      if (turn % 2) execl("/bin/cat", "cat", "missing", "/etc/hostname", (char *)0);
      mkdir(name, 0700);
      rmdir(name);
      _exit(turn);
    }
    waitpid(child, NULL, 0);
  }
}

static void *thread(void *number) {
  pthread_barrier_wait(&barrier);
  work((int)(long)number);
  return NULL;
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 0, children = count > 2 ? atoi(arguments[2]) : 0;
  int go = open("go", O_RDWR);
  int held = open("held", O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0644);
  write(held, "12345", 5);
  int gone = open("gone", O_CREAT | O_WRONLY, 0644);
  write(gone, "1", 1);
  unlink("gone");
  open(".", O_RDONLY | O_DIRECTORY);
  open("/etc/hostname", O_PATH);
  int pipes[2];
  pipe2(pipes, O_NONBLOCK);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  bind(listener, (struct sockaddr *)&address, sizeof address);
  listen(listener, 4);
  socklen_t size = sizeof address;
  getsockname(listener, (struct sockaddr *)&address, &size);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  connect(client, (struct sockaddr *)&address, size);
  struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "socket"};
  int local = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(local, (struct sockaddr *)&place, sizeof place);
  listen(local, 1);
  dup2(held, 40);

  int stay[2];
  pipe(stay);
  for (int i = 0; i < children; i++)
    if (fork() == 0) {
      char byte;
      close(stay[1]);
      read(stay[0], &byte, 1);
      work(1000 + i);
      _exit(0);
    }
  pthread_t all[64];
  pthread_barrier_init(&barrier, NULL, threads + 1);
  for (int i = 0; i < threads && i < 64; i++) pthread_create(&all[i], NULL, thread, (void *)(long)i);
  close(open("ready", O_CREAT | O_WRONLY, 0644));
  char byte;
  read(go, &byte, 1);
  pthread_barrier_wait(&barrier);
  close(stay[1]);
  for (int i = 0; i < threads && i < 64; i++) pthread_join(all[i], NULL);
  while (wait(NULL) > 0) continue;
  chdir("/");
  open("relative", O_RDONLY);
  return 7;
}
