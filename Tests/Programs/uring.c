// SPDX-License-Identifier: Apache-2.0
// Asks the kernel through io_uring, without a library: one request at a time, each waited for. What came out stands in
// the file `log`, for the test to compare with.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ring;
static struct io_uring_params parameters;
static char *submissions, *completions;
static struct io_uring_sqe *entries;
static FILE *results;

#define AT(base, offset) (*(unsigned *)((base) + (offset)))

static int submit(struct io_uring_sqe entry) {
  unsigned tail = AT(submissions, parameters.sq_off.tail), mask = AT(submissions, parameters.sq_off.ring_mask);
  entries[tail & mask] = entry;
  ((unsigned *)(submissions + parameters.sq_off.array))[tail & mask] = tail & mask;
  __atomic_store_n(&AT(submissions, parameters.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
  if (parameters.flags & IORING_SETUP_SQPOLL) syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_SQ_WAKEUP | IORING_ENTER_GETEVENTS, NULL, 0);
  else syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
  unsigned head = AT(completions, parameters.cq_off.head);
  while (head == __atomic_load_n(&AT(completions, parameters.cq_off.tail), __ATOMIC_ACQUIRE)) usleep(1000);
  struct io_uring_cqe *done = (struct io_uring_cqe *)(completions + parameters.cq_off.cqes);
  int result = done[head & AT(completions, parameters.cq_off.ring_mask)].res;
  AT(completions, parameters.cq_off.head) = head + 1;
  fprintf(results, "%d %d\n", entry.opcode, result);
  return result;
}

#define REQUEST(operation, ...) submit((struct io_uring_sqe){.opcode = IORING_OP_##operation, .fd = AT_FDCWD, __VA_ARGS__})
#define NAME(text) .addr = (unsigned long)(text)

int main(int count, char **words) {
  (void)words;
  if (count > 1) {
    parameters.flags = IORING_SETUP_SQPOLL;
    parameters.sq_thread_idle = 50;
  }
  ring = syscall(SYS_io_uring_setup, 8, &parameters);
  if (ring < 0) return 99;
  size_t size = parameters.sq_off.array + parameters.sq_entries * 4;
  size_t other = parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe);
  submissions = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  completions = mmap(0, other, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
  entries = mmap(0, parameters.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
  results = fopen("log", "w");

  struct statx status;
  struct open_how how = {.flags = O_RDONLY};
  char buffer[10] = "";
  mkdir("d", 0700);
  symlink("d", "link");
  int d = open("d", O_RDONLY | O_DIRECTORY);
  int file = REQUEST(OPENAT, NAME("link/./made"), .open_flags = O_RDWR | O_CREAT, .len = 0640);
  REQUEST(OPENAT, NAME("missing"), .open_flags = O_RDONLY);
  submit((struct io_uring_sqe){.opcode = IORING_OP_OPENAT2, .fd = d, NAME("made"), .off = (unsigned long)&how, .len = sizeof how});
  REQUEST(STATX, NAME("d/made"), .off = (unsigned long)&status, .len = 0x7ff);
  REQUEST(STATX, NAME("/nowhere"), .off = (unsigned long)&status, .len = 0x7ff);
  REQUEST(RENAMEAT, NAME("d/made"), .len = AT_FDCWD, .addr2 = (unsigned long)"renamed");
  REQUEST(MKDIRAT, NAME("fresh"), .len = 0751);
  REQUEST(SYMLINKAT, NAME("some text"), .addr2 = (unsigned long)"symbolic");
  REQUEST(LINKAT, NAME("renamed"), .len = AT_FDCWD, .addr2 = (unsigned long)"hard");
  REQUEST(UNLINKAT, NAME("hard"));
  REQUEST(UNLINKAT, NAME("fresh"), .unlink_flags = AT_REMOVEDIR);
  REQUEST(UNLINKAT, NAME("hard"));
  submit((struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = file, NAME("hello"), .len = 5});
  submit((struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = file, NAME(buffer), .len = 5});
  submit((struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = file, NAME(buffer), .len = 5});
  REQUEST(NOP, .len = 0);
  fclose(results);
  return 0;
}
