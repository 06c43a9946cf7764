// SPDX-License-Identifier: Apache-2.0
// Opens files in every form and lets it fail in every way. What comes of it is for the witnesses to tell.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing(int signal) { (void)signal; }

static void open2(int directory, const char *name, unsigned long long flags, unsigned long long resolve) {
  struct open_how how = {.flags = flags, .mode = flags & O_CREAT ? 0640 : 0, .resolve = resolve};
  syscall(SYS_openat2, directory, name, &how, sizeof how);
}

int main(void) {
  mkdir("d", 0755);
  mkdir("d/sub", 0755);
  symlink("d", "link");
  symlink("loop", "loop");
  symlink("nowhere", "dangling");

  // The four calls.
  syscall(SYS_open, "d/one", O_CREAT | O_RDWR | O_EXCL, 0600);
  syscall(SYS_open, "d/one", O_CREAT | O_RDWR | O_EXCL, 0600);  // EEXIST
  syscall(SYS_creat, "d/two", 0666);
  syscall(SYS_openat, AT_FDCWD, "d/three", O_CREAT | O_WRONLY | O_TRUNC | O_APPEND | O_CLOEXEC, 0604);
  open2(AT_FDCWD, "d/four", O_CREAT | O_RDWR, 0);
  syscall(SYS_open, "d/one", O_RDONLY | O_LARGEFILE | O_NOATIME | O_NONBLOCK | O_SYNC, 0);
  syscall(SYS_open, "d/one", O_ACCMODE);

  // Where the path leads.
  open("link/one", O_RDONLY);
  open("link/../d//./one", O_RDONLY);
  open("/proc/self/status", O_RDONLY);
  open("/dev/null", O_RDWR);
  open("/", O_RDONLY | O_DIRECTORY);
  open("..", O_RDONLY | O_DIRECTORY);

  // Relative to a directory.
  int d = open("d", O_RDONLY | O_DIRECTORY), p = open("link", O_PATH), l = open("link", O_PATH | O_NOFOLLOW);
  openat(d, "one", O_RDONLY);
  openat(p, "sub", O_RDONLY);
  openat(d, "missing/./x/../y", O_RDONLY);  // ENOENT
  openat(p, "missing", O_RDONLY);
  openat(d, "one/x", O_RDONLY);             // ENOTDIR
  openat(l, "one", O_RDONLY);               // ENOTDIR: a symbolic link is no directory
  openat(d, "/etc/hostname-missing", O_RDONLY);
  openat(777, "x", O_RDONLY);               // EBADF
  openat(777, "/etc/passwd", O_RDONLY);     // an absolute name needs no directory
  int f = open("d/one", O_RDONLY);
  openat(f, "x", O_RDONLY);                 // ENOTDIR

  // Failures.
  open("loop", O_RDONLY);                  // ELOOP
  open("link", O_RDONLY | O_NOFOLLOW);     // ELOOP
  open("dangling", O_RDONLY);              // ENOENT
  open("dangling/", O_RDONLY);
  open("d", O_WRONLY);                     // EISDIR
  open("d/one", O_RDONLY | O_DIRECTORY);   // ENOTDIR
  open("", O_RDONLY);                      // ENOENT
  open("/proc/self/fd/777", O_RDONLY);
  open("/dev/full/x", O_RDONLY);
  syscall(SYS_open, (char *)8, O_RDONLY);  // EFAULT
  syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY);
  syscall(SYS_openat, d, "one", O_RDONLY | O_TMPFILE, 0600);  // EINVAL
  openat(d, ".", O_TMPFILE | O_RDWR, 0600);

  // Long names: at the limits and past them.
  static char name[6000];
  memset(name, 'n', 255);
  open(name, O_CREAT | O_RDONLY, 0600);
  name[255] = 'n';
  open(name, O_RDONLY);  // ENAMETOOLONG
  for (int i = 0; i < 4090; i += 2) memcpy(name + i, "./", 2);
  strcpy(name + 4090, "d/one");  // 4095 bytes and a zero: just fits
  open(name, O_RDONLY);
  strcpy(name + 4090, "d//one");  // ENAMETOOLONG
  open(name, O_RDONLY);
  memset(name, 'x', 5999);
  open(name, O_RDONLY);

  // openat2's own.
  open2(d, "../d/one", O_RDONLY, RESOLVE_BENEATH);          // EXDEV
  open2(d, "/one", O_RDONLY, RESOLVE_IN_ROOT);
  open2(AT_FDCWD, "link/one", O_RDONLY, RESOLVE_NO_SYMLINKS);  // ELOOP
  open2(AT_FDCWD, "/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS);
  open2(AT_FDCWD, "/proc/self/status", O_RDONLY, RESOLVE_NO_XDEV);
  open2(AT_FDCWD, "d/one", O_RDONLY | 1ull << 40, 0);       // EINVAL: a flag that is none
  syscall(SYS_openat2, AT_FDCWD, "d/one", &(struct open_how){}, 5);     // EINVAL
  syscall(SYS_openat2, AT_FDCWD, "d/one", NULL, sizeof(struct open_how));  // EFAULT

  // A file without a name, and one that gets another.
  int gone = open("gone", O_CREAT | O_RDWR, 0600);
  unlink("gone");
  char self[64];
  snprintf(self, sizeof self, "/proc/self/fd/%d", gone);
  open(self, O_RDONLY);

  // Files that are in no directory.
  int memory = syscall(SYS_memfd_create, "in\nmemory", 0);
  snprintf(self, sizeof self, "/proc/self/fd/%d", memory);
  open(self, O_RDWR);
  int ends[2];
  if (pipe(ends)) return 1;
  snprintf(self, sizeof self, "/dev/fd/%d", ends[0]);
  open(self, O_RDONLY);
  openat(ends[0], "x", O_RDONLY);  // ENOTDIR
  snprintf(self, sizeof self, "/proc/self/fd/%d", socket(AF_UNIX, SOCK_STREAM, 0));
  open(self, O_RDONLY);            // ENXIO
  open("/dev/shm/honeyguide-missing", O_RDWR);

  // The upper half of a register means nothing where the kernel takes an int.
#if defined(__x86_64__)
  syscall(SYS_openat, ((long)d & 0xffffffffl) | 0x1234500000000l, "one", 0x7700000000l | O_RDONLY, 0l);
  syscall(SYS_openat, 0x00000000ffffff9cl, "d/one", (long)O_RDONLY);
  syscall(SYS_open, "d/wide", 0x7700000000l | O_CREAT | O_WRONLY, 0x3300010600l);
#endif

  // A FIFO: opened once interrupted for good, once restarted.
  mkfifo("fifo", 0600);
  struct sigaction action = {.sa_handler = nothing};
  struct itimerval soon = {.it_value = {.tv_usec = 30000}};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  open("fifo", O_RDONLY);          // EINTR
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &soon, NULL);
  if (fork() == 0) {
    usleep(90000);
    open("fifo", O_WRONLY);
    _exit(0);
  }
  open("fifo", O_RDONLY);          // one event, though asked twice
  wait(NULL);

  // A deep place: more components than fit into a few loops.
  for (int i = 0; i < 90; i++) {
    char level[16];
    snprintf(level, sizeof level, "level%d", i);
    mkdir(level, 0755);
    if (chdir(level)) return 1;
  }
  open("deep", O_CREAT | O_WRONLY, 0600);
  open("missing", O_RDONLY);
  if (fchdir(d)) return 1;

  // As somebody who may not.
  open("secret", O_CREAT | O_WRONLY, 0000);
  pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) || setuid(65534)) _exit(1);
    open("secret", O_RDONLY);      // EACCES
    open("secret", O_CREAT | O_RDWR, 0644);
    open("/root/x", O_RDONLY);
    open("one", O_WRONLY);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  return status != 0;
}
