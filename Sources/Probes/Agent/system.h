// SPDX-License-Identifier: Apache-2.0
// System calls without the C library: the agent is loaded before it, needs no version of it, and leaves the program's
// errno alone. Each gives the kernel's answer, below zero where it is an error.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <linux/time.h>

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define cold __attribute__((noinline, cold))

// What the compiler itself calls. Every C library has them.
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
size_t strlen(const char *text);
int strcmp(const char *one, const char *other);
int strncmp(const char *one, const char *other, size_t size);

static inline long system6(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "the agent knows no system calls of this processor"
#endif
}

static inline int system_open(const char *path, int flags, int mode) {
  return (int)system6(__NR_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}
static inline void system_close(int fd) { system6(__NR_close, fd, 0, 0, 0, 0, 0); }
static inline long system_pread(int fd, void *bytes, size_t size, uint64_t at) {
  return system6(__NR_pread64, fd, (long)bytes, (long)size, (long)at, 0, 0);
}
static inline long system_pwrite(int fd, const void *bytes, size_t size, uint64_t at) {
  return system6(__NR_pwrite64, fd, (long)bytes, (long)size, (long)at, 0, 0);
}
static inline void *system_mmap(void *where, size_t size, int protection, int flags, int fd, uint64_t at) {
  return (void *)system6(__NR_mmap, (long)where, (long)size, protection, flags, fd, (long)at);
}
static inline bool system_failed(const void *mapped) { return (uintptr_t)mapped > (uintptr_t)-4096; }
static inline void system_munmap(void *where, size_t size) {
  system6(__NR_munmap, (long)where, (long)size, 0, 0, 0, 0);
}

/// Memory of the agent's own, zeroed; null where there is none.
static inline void *system_pages(size_t size) {
  void *pages = system_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return system_failed(pages) ? NULL : pages;
}

/// Nanoseconds of a kernel's clock, by a system call.
static inline uint64_t system_nanoseconds(int clock) {
  struct __kernel_timespec time = {0, 0};
  system6(__NR_clock_gettime, clock, (long)&time, 0, 0, 0, 0);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/// A limit of this process that its system calls run against.
static inline uint64_t system_limit(int resource) {
  struct rlimit64 limit = {~0ull, ~0ull};
  system6(__NR_prlimit64, 0, resource, 0, (long)&limit, 0, 0);
  return limit.rlim_cur;
}
