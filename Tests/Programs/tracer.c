// SPDX-License-Identifier: Apache-2.0
// Traces a child of its own with ptrace, as a debugger does, and prints what it saw.
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0)) _exit(1);
    execl("/bin/echo", "echo", "traced", (char *)0);
    _exit(1);
  }
  int status, calls = 0, wrote = 0;
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  for (;;) {
    if (ptrace(PTRACE_SYSCALL, child, 0, 0)) break;
    waitpid(child, &status, 0);
    if (WIFEXITED(status)) break;
    if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      struct user_regs_struct registers;
      ptrace(PTRACE_GETREGS, child, 0, &registers);
      calls++;
      wrote += registers.orig_rax == 1;
    }
  }
  printf("stops %d, of them write %d, exit %d\n", calls, wrote, WEXITSTATUS(status));
  // A parent can trace a child once; that nobody else does is what TracerPid says.
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, "TracerPid", 9)) fputs(line, stdout);
  return 0;
}
