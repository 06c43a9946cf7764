// SPDX-License-Identifier: Apache-2.0
// Prints what a process is given by the one that starts it, a line each: the same lines twice mean that nothing
// but the process itself differs. Only what must differ is left out: pid and parent.
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static void print_status(void) {
  static const char *const wanted[] = {"Umask",  "TracerPid", "Uid",    "Gid",    "FDSize", "Groups",     "ShdPnd",
                                       "SigPnd", "SigBlk",    "SigIgn", "SigCgt", "CapInh", "CapPrm",     "CapEff",
                                       "CapBnd", "CapAmb",    "Seccomp", "NoNewPrivs", "Cpus_allowed"};
  FILE *file = fopen("/proc/self/status", "re");
  char line[65536];
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
      if (strncmp(line, wanted[i], strlen(wanted[i])) == 0 && line[strlen(wanted[i])] == ':') fputs(line, stdout);
  if (file != NULL) fclose(file);
}

static void print_descriptors(void) {
  DIR *directory = opendir("/proc/self/fd");
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    int number = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || number == dirfd(directory)) continue;
    char path[64], target[4096] = {0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", number);
    if (readlink(path, target, sizeof target - 1) < 0) target[0] = '?';
    printf("fd %d %s\n", number, target);
  }
  if (directory != NULL) closedir(directory);
}

int main(int count, char **arguments, char **environment) {
  for (int i = 0; i < count; i++) printf("argument %d %s\n", i, arguments[i]);
  for (int i = 0; environment[i] != NULL; i++) printf("environment %s\n", environment[i]);
  print_status();
  print_descriptors();
  for (int limit = 0; limit < RLIM_NLIMITS; limit++) {
    struct rlimit value;
    getrlimit(limit, &value);
    printf("limit %d %llx %llx\n", limit, (unsigned long long)value.rlim_cur, (unsigned long long)value.rlim_max);
  }
  char cwd[4096];
  printf("cwd %s\n", getcwd(cwd, sizeof cwd));
  printf("group %s session %s foreground %s\n", getpgrp() == getpid() ? "own" : "inherited",
         getsid(0) == getpid() ? "own" : "inherited", tcgetpgrp(0) == getpgrp() ? "yes" : "no");
  if (getenv("PRINT_GROUP") != NULL) printf("group %d session %d\n", getpgrp(), getsid(0));
  printf("dumpable %d keepcaps %d securebits %d deathsig ", prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS),
         prctl(PR_GET_SECUREBITS));
  int death = 0;
  prctl(PR_GET_PDEATHSIG, &death);
  printf("%d subreaper ", death);
  int reaper = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &reaper);
  printf("%d priority %d timerslack %d policy %d\n", reaper, getpriority(PRIO_PROCESS, 0), prctl(PR_GET_TIMERSLACK),
         sched_getscheduler(0));
  struct stat self;
  printf("own /proc entry belongs to me: %s\n", stat("/proc/self/environ", &self) == 0 && self.st_uid == geteuid() ? "yes" : "no");
  return 0;
}
