// SPDX-License-Identifier: Apache-2.0
// Asks the kernel through io_uring not to be told of what succeeds: a directory is made, a file opened, and another that is
// not there. Prints how many requests the kernel took, and how many it told the end of.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define AT(base, offset) (*(unsigned *)((base) + (offset)))

int main(void) {
  static struct io_uring_params parameters;
  int ring = syscall(SYS_io_uring_setup, 8, &parameters);
  if (ring < 0) return 99;
  size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned);
  size_t other = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
  char *submissions = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  char *completions = mmap(0, other, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
  size = parameters.sq_entries * sizeof(struct io_uring_sqe);
  struct io_uring_sqe *entries = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
#define REQUEST(operation, name, ...)                                                                           \
  (struct io_uring_sqe){.opcode = IORING_OP_##operation, .fd = AT_FDCWD, .addr = (unsigned long)(name), \
                        .flags = IOSQE_CQE_SKIP_SUCCESS, __VA_ARGS__}
  entries[0] = REQUEST(MKDIRAT, "made", .len = 0755);
  entries[1] = REQUEST(OPENAT, "/etc/hostname", .open_flags = O_RDONLY);
  entries[2] = REQUEST(OPENAT, "missing", .open_flags = O_RDONLY);
  for (unsigned index = 0; index < 3; index++)
    ((unsigned *)(submissions + parameters.sq_off.array))[index] = index;
  __atomic_store_n(&AT(submissions, parameters.sq_off.tail), 3, __ATOMIC_RELEASE);
  long taken = syscall(SYS_io_uring_enter, ring, 3, 1, IORING_ENTER_GETEVENTS, NULL, 0);
  for (int tries = 0; tries < 1000 && access("made", F_OK) != 0; tries++) usleep(10000);
  unsigned told = __atomic_load_n(&AT(completions, parameters.cq_off.tail), __ATOMIC_ACQUIRE);
  printf("taken %ld told %u\n", taken, told);
  return 0;
}
