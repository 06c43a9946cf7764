// SPDX-License-Identifier: Apache-2.0
// Does to the system and to other processes what can be done there: mounts, namespaces, roots, users, names, tracing,
// signals. What is to be told of it stands in SystemActTests, line by line.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void places(void) {
  mknod("fifo", S_IFIFO | 0640, 0);
  mknod("dev", S_IFCHR | 0600, makedev(1, 3));
  mknod("fifo", S_IFIFO | 0600, 0);  // EEXIST
  mkdir("m", 0755);
  mkdir("m2", 0755);
  prctl(PR_SET_NAME, "renamed\nx");
  prctl(PR_GET_DUMPABLE);
  setns(open("/proc/self/ns/net", O_RDONLY), CLONE_NEWNET);
  setns(99, 0);  // EBADF
  unshare(CLONE_NEWNS | CLONE_FS);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mount("tmp fs", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
  mount("m", "m2", NULL, MS_BIND, NULL);
  mount("x", "missing", "nosuchfs", 0, NULL);  // ENOENT
}

static void handles(void) {
  int directory = open("m", O_RDONLY | O_DIRECTORY), mount;
  union {
    struct file_handle handle;
    char room[sizeof(struct file_handle) + 128];
  } file = {.handle.handle_bytes = 128};
  close(open("m/file", O_CREAT | O_WRONLY, 0600));
  name_to_handle_at(directory, "file", &file.handle, &mount, 0);
  close(open_by_handle_at(directory, &file.handle, O_RDONLY));
  file.handle.f_handle[0] ^= 0xff;
  open_by_handle_at(directory, &file.handle, O_RDONLY);  // ESTALE
}

static void jailed(void) {
  if (chroot("m") || chdir("/")) _exit(1);
  open("file", O_RDONLY);
  open("/nothing", O_RDONLY);
  setgid(12);
  setresuid(-1, 1234, -1);
  setuid(0);
  setuid(77777);
  pause();
  _exit(0);
}

static void traced(void) {
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  raise(SIGSTOP);
  _exit(0);
}

int main(void) {
  int status;
  places();
  handles();
  umount2("m2", MNT_DETACH);
  umount("missing");  // ENOENT
  pid_t child = fork();
  if (!child) jailed();
  usleep(100000);
  kill(child, SIGUSR2);
  waitpid(child, &status, 0);
  kill(child, SIGTERM);  // ESRCH
  kill(getpid(), 0);
  kill(999999, SIGKILL);  // ESRCH
  child = fork();
  if (!child) traced();
  waitpid(child, &status, 0);
  ptrace(PTRACE_CONT, child, 0, 0);
  waitpid(child, &status, 0);
  child = fork();
  if (!child) {
    pause();
    _exit(0);
  }
  ptrace(PTRACE_ATTACH, child, 0, 0);
  waitpid(child, &status, __WALL);
  ptrace(PTRACE_DETACH, child, 0, 0);
  syscall(SYS_tkill, child, SIGKILL);
  waitpid(child, &status, 0);
  ptrace(PTRACE_SEIZE, 999999, 0, 0);  // ESRCH
  umount2("m", MNT_DETACH);
  return 0;
}
