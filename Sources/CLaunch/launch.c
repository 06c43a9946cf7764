// SPDX-License-Identifier: Apache-2.0
// The child's side. Everything here is async-signal-safe: it runs in a copy of a process with several threads,
// of which only the one that forked is left, so no lock may be taken and nothing allocated.
#define _GNU_SOURCE
#include "launch.h"
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS 64

// The kernel's struct sigaction starts with the handler on every architecture; the rest stays zero here, and
// the kernel's is never longer than this.
union kernel_action {
  void (*handler)(int);
  unsigned char room[64];
};

static long signal_action(int signal, const union kernel_action *new, union kernel_action *old) {
  return syscall(SYS_rt_sigaction, signal, new, old, sizeof(uint64_t));
}

static long signal_mask(const uint64_t *new, uint64_t *old) {
  return syscall(SYS_rt_sigprocmask, SIG_SETMASK, new, old, sizeof(uint64_t));
}

void hg_inherited_read(struct hg_inherited *inherited) {
  memset(inherited, 0, sizeof *inherited);
  signal_mask(NULL, &inherited->blocked);
  for (int signal = 1; signal <= SIGNALS; signal++) {
    union kernel_action action = {0};
    if (signal_action(signal, NULL, &action) == 0 && action.handler == SIG_IGN)
      inherited->ignored |= 1ULL << (signal - 1);
  }
  for (int limit = 0; limit < RLIM_NLIMITS; limit++)
    getrlimit((enum __rlimit_resource)limit, &inherited->limits[limit]);
}

static void restore_dispositions(uint64_t ignored) {
  for (int signal = 1; signal <= SIGNALS; signal++) {
    union kernel_action action = {0};
    action.handler = ignored >> (signal - 1) & 1 ? SIG_IGN : SIG_DFL;
    signal_action(signal, &action, NULL);  // SIGKILL and SIGSTOP refuse: nobody can have changed them
  }
}

static int restore_limits(const struct rlimit *limits) {
  for (int limit = 0; limit < RLIM_NLIMITS; limit++) {
    struct rlimit now;
    if (getrlimit((enum __rlimit_resource)limit, &now) != 0) return errno;
    bool same = now.rlim_cur == limits[limit].rlim_cur && now.rlim_max == limits[limit].rlim_max;
    if (!same && setrlimit((enum __rlimit_resource)limit, &limits[limit]) != 0) return errno;
  }
  return 0;
}

/// Whether execvp would go on to the next directory of PATH.
static bool tries_next(int error) {
  return error == EACCES || error == ENOENT || error == ENOTDIR || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

static int runnable(const char *path) {
  struct stat file;
  if (stat(path, &file) != 0) return errno;
  if (!S_ISREG(file.st_mode)) return EACCES;
  return syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0 ? 0 : errno;
}

/// Finds the first path that can be run, before anything is watched: a search through PATH is no event.
static struct hg_report search(const char *const *paths) {
  struct hg_report report = {HG_STEP_SEARCH, ENOENT, -1};
  for (int i = 0; paths[i] != NULL; i++) {
    int error = runnable(paths[i]);
    if (error == 0) return (struct hg_report){HG_STEP_READY, 0, i};
    // A file without the right to run it is told before one that is not there.
    if (report.error != EACCES) report = (struct hg_report){HG_STEP_SEARCH, error, i};
    if (!tries_next(error)) return (struct hg_report){HG_STEP_SEARCH, error, i};
  }
  return report;
}

/// Whether the first line holds a zero byte: a program for another machine, which no shell can read.
static bool is_binary(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  char start[128];
  ssize_t size = read(file, start, sizeof start);
  close(file);
  for (ssize_t i = 0; i < size && start[i] != '\n'; i++)
    if (start[i] == '\0') return true;
  return false;
}

/// execvp, from the path that the search found. Returns only when nothing could be run.
static struct hg_report run(const struct hg_command *command, int first, bool binary) {
  struct hg_report report = {HG_STEP_EXEC, ENOENT, first};
  for (int i = first; command->paths[i] != NULL; i++) {
    const char *path = command->paths[i];
    execve(path, (char *const *)command->arguments, (char *const *)command->environment);
    if (errno == ENOEXEC && !(i == first && binary)) {
      command->shell_arguments[1] = path;
      execve("/bin/sh", (char *const *)command->shell_arguments, (char *const *)command->environment);
    }
    int error = errno;
    if (i == first || error == EACCES) report = (struct hg_report){HG_STEP_EXEC, error, i};
    if (!tries_next(error)) break;
  }
  return report;
}

static void tell(int pipe, struct hg_report report) {
  // 12 bytes into an empty pipe are written at once or not at all; with no reader there is nobody to tell.
  if (write(pipe, &report, sizeof report) != (ssize_t)sizeof report) _exit(127);
}

static _Noreturn void fail(int pipe, struct hg_report report) {
  tell(pipe, report);
  _exit(127);
}

static _Noreturn void child(
    const struct hg_command *command, const struct hg_identity *identity, const struct hg_inherited *inherited) {
  int gate = command->gate[0], report = command->report[1];
  // While this copy of the gate's other end is open, the gate cannot close.
  close(command->gate[1]);
  close(command->report[0]);

  // All signals are blocked until the very end: what arrives meanwhile meets the command's own dispositions.
  restore_dispositions(inherited->ignored);
  int error = restore_limits(inherited->limits);
  if (error != 0) fail(report, (struct hg_report){HG_STEP_LIMITS, error, -1});

  enum hg_step failed = hg_become(identity, &error);
  if (failed != HG_STEP_READY) fail(report, (struct hg_report){(int32_t)failed, error, -1});

  struct hg_report found = search(command->paths);
  if (found.step != HG_STEP_READY) fail(report, found);
  bool binary = is_binary(command->paths[found.path]);
  tell(report, found);

  char byte;
  ssize_t size;
  do size = read(gate, &byte, 1);
  while (size < 0 && errno == EINTR);
  if (size != 1) _exit(127);

  signal_mask(&inherited->blocked, NULL);
  fail(report, run(command, found.path, binary));
}

pid_t hg_start(
    const struct hg_command *command, const struct hg_identity *identity, const struct hg_inherited *inherited) {
  uint64_t all = ~0ULL, before;
  if (signal_mask(&all, &before) != 0) return -errno;
  pid_t pid = _Fork();  // not fork: its handlers take locks, and nothing here needs them
  if (pid == 0) child(command, identity, inherited);
  int error = errno;
  signal_mask(&before, NULL);
  return pid < 0 ? -error : pid;
}

int hg_pidfd_open(pid_t pid) {
  int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
  return descriptor < 0 ? -errno : descriptor;
}

int hg_pipe(int *reading, int *writing) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  *reading = ends[0];
  *writing = ends[1];
  return 0;
}

char **hg_environment(void) { return environ; }

uint64_t hg_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return 0;
#endif
}
