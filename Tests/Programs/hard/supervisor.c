// SPDX-License-Identifier: Apache-2.0
//: claim: Numbers that a seccomp supervisor answers in the kernel's place are told, however odd
//: expect: open requested=one error=ENOENT path=$W/one
//: expect: open requested=two error=5000
//: expect: open requested=three fd=2147483647 path=$W/three
//: expect: open requested=four error=2147483647
//: expect: open requested=five fd=$real path=$W/real pid=$child
//: expect: exit pid=$child code=0
#include "hard.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>

static int real;

static void child(int channel) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  account("child", "%d", getpid());
  NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  NEED(listener >= 0 && write(channel, &listener, sizeof listener) == sizeof listener);
  // On the stack: pages of their own, which nobody in the kernel touches here, might not be there yet.
  char names[5][8] = {"one", "two", "three", "four", "five"};
  for (int i = 0; i < 5; i++) syscall(SYS_openat, AT_FDCWD, names[i], O_RDONLY);
  _exit(0);
}

int main(void) {
  int channel[2], number;
  NEED(!pipe(channel));
  real = open("real", O_CREAT | O_RDWR, 0600);
  account("real", "%d", real);
  pid_t supervised = fork();
  if (supervised == 0) child(channel[1]);
  NEED(read(channel[0], &number, sizeof number) == sizeof number);
  int process = syscall(SYS_pidfd_open, supervised, 0), listener = syscall(SYS_pidfd_getfd, process, number, 0);
  NEED(listener >= 0);
  for (int i = 0; i < 5; i++) {
    struct seccomp_notif notice = {};
    NEED(!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice));
    struct seccomp_notif_resp answer = {.id = notice.id};
    if (i == 0) answer.error = -ENOENT;
    if (i == 1) answer.error = -5000;
    if (i == 2) answer.val = 1ll << 40 | 3;
    if (i == 3) answer.val = INT64_MIN;
    if (i == 4) answer.val = real;
    NEED(!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer));
  }
  return ended(supervised) != 0;
}
