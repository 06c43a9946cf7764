// SPDX-License-Identifier: Apache-2.0
// Moves bytes between files by every call that does, from two processes and four threads.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char buffer[70000];

static void *writer(void *name) {
  int file = open(name, O_RDWR | O_CREAT | O_APPEND, 0600);
  for (int i = 0; i < 500; i++) write(file, buffer, 7);
  close(file);
  return NULL;
}

int main(void) {
  int a = open("a", O_RDWR | O_CREAT, 0600), b = open("b", O_RDWR | O_CREAT, 0600), ends[2], sockets[2];
  struct iovec parts[2] = {{buffer, 1000}, {buffer, 2345}};
  loff_t from = 100, to = 50000;
  write(a, buffer, sizeof buffer);
  write(a, buffer, 0);
  syscall(SYS_write, 99, buffer, 5);  // EBADF
  pwrite(a, buffer, 100, 10);
  writev(a, parts, 2);
  pwritev(a, parts, 2, 500);
  pwritev2(a, parts, 1, 500, 0);
  lseek(a, 0, SEEK_SET);
  read(a, buffer, 3);
  syscall(SYS_read, a, 8l, 3l);  // EFAULT
  pread(a, buffer, 5000, 0);
  pread(a, buffer, 5000, 1 << 20);  // nothing there
  readv(a, parts, 2);
  preadv(a, parts, 2, 100);
  preadv2(a, parts, 1, 100, 0);
  copy_file_range(a, &from, b, &to, 20000, 0);
  sendfile(b, a, NULL, 4321);
  if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) return 1;
  splice(a, NULL, ends[1], NULL, 3000, 0);
  splice(ends[0], NULL, b, NULL, 3000, 0);
  write(sockets[0], buffer, 77);
  read(sockets[1], buffer, 100);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(threads + i, NULL, writer, "shared");
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  pid_t child = fork();
  if (!child) {
    write(b, buffer, 10);  // inherited
    // Another file of the same name.
    unlink("a");
    int other = open("a", O_RDWR | O_CREAT, 0600);
    write(other, buffer, 11);
    execl("/bin/cat", "cat", "shared", NULL);
  }
  waitpid(child, NULL, 0);
  return 0;
}
