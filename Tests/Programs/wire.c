// SPDX-License-Identifier: Apache-2.0
// wire NAMESPACE NAMESPACE MILLISECONDS: a cable between two network namespaces that every packet needs so long for. Each
// gets an end of it, the interface wire0. What arrives is handed to the kernel by this process, so that the other side's
// work is done here or in a softirq, never where the sender runs, as it is on loopback. (veth with netem would do the
// same; not every kernel has netem.)
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 14, LARGEST = 2048 };

static struct packet {
  long long due;
  int to, size;
  char bytes[LARGEST];
} *queue;
static unsigned first, last;

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int end(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "/run/netns/%s", name);
  int namespace = open(path, O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET)) {
    perror(path);
    exit(1);
  }
  close(namespace);
  int file = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  struct ifreq request = {.ifr_name = "wire0", .ifr_flags = IFF_TUN | IFF_NO_PI};
  if (file < 0 || ioctl(file, TUNSETIFF, &request)) {
    perror("/dev/net/tun");
    exit(1);
  }
  return file;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  long long delay = atoi(argv[3]) * 1000000LL;
  struct pollfd ends[2] = {{.fd = end(argv[1]), .events = POLLIN}, {.fd = end(argv[2]), .events = POLLIN}};
  queue = malloc(ROOM * sizeof *queue);
  if (!queue) return 1;
  for (;;) {
    struct timespec wait = {.tv_sec = 1};
    if (first != last) {
      long long left = queue[first % ROOM].due - now();
      wait = (struct timespec){.tv_nsec = left < 0 ? 0 : left};
    }
    ppoll(ends, 2, &wait, NULL);
    for (int i = 0; i < 2; i++) {
      while (last - first < ROOM) {
        struct packet *packet = &queue[last % ROOM];
        packet->size = read(ends[i].fd, packet->bytes, LARGEST);
        if (packet->size <= 0) break;
        packet->to = ends[1 - i].fd;
        packet->due = now() + delay;
        last++;
      }
    }
    while (first != last && queue[first % ROOM].due <= now()) {
      struct packet *packet = &queue[first++ % ROOM];
      (void)!write(packet->to, packet->bytes, packet->size);
    }
  }
}
