// SPDX-License-Identifier: Apache-2.0
//: claim: What is done with descriptors that came over a socket is told of the file that they are
//: expect: open path=$W/mine pid=$sender
//: expect: chmod path=$W/mine requested=- pid=$receiver mode=256
//: expect: truncate path=$W/mine requested=- pid=$receiver length=5
//: expect: open requested=inside path=$W/directory/inside pid=$receiver
//: expect: open requested=missing path=$W/directory/missing pid=$receiver error=ENOENT
#include "hard.h"

int main(void) {
  int ends[2], received[2] = {-1, -1};
  NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
  char byte = 'x', room[CMSG_SPACE(sizeof received)];
  struct iovec piece = {&byte, 1};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  pid_t child = fork();
  if (child == 0) {
    account("receiver", "%d", getpid());
    NEED(recvmsg(ends[1], &message, 0) == 1);
    memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    NEED(!fchmod(received[0], 0400) && !ftruncate(received[0], 5));
    close(openat(received[1], "inside", O_CREAT | O_WRONLY, 0600));
    openat(received[1], "missing", O_RDONLY);
    _exit(0);
  }
  account("sender", "%d", getpid());
  NEED(!mkdir("directory", 0755));
  int sent[] = {open("mine", O_CREAT | O_RDWR, 0600), open("directory", O_PATH)};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof sent), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(head), sent, sizeof sent);
  NEED(sendmsg(ends[0], &message, 0) == 1);
  return ended(child);
}
