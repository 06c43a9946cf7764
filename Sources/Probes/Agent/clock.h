// SPDX-License-Identifier: Apache-2.0
// The clock of calls: the processor's counter, or where the kernel does not trust it, CLOCK_MONOTONIC.
#pragma once
#include "agent.h"
#include "python.h"

static inline bool clock_is_tsc(void) {
#if defined(__x86_64__)
  return session.file.flags & HG_AGENT_TSC;
#else
  return false;
#endif
}

static inline uint64_t clock_now(void) {
#if defined(__x86_64__)
  if (likely(clock_is_tsc())) return __builtin_ia32_rdtsc();
#endif
  struct __kernel_timespec time = {0, 0};
  if (likely(python.clock_gettime != NULL)) python.clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
