// SPDX-License-Identifier: Apache-2.0
// Preloaded into bpftrace where RLIMIT_MEMLOCK may not be raised (no CAP_SYS_RESOURCE, as in containers).
//
// bpftrace gives up there, although Linux 5.11 and later charge BPF memory to the memory cgroup and do not
// look at the limit at all.
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
  long result = syscall(SYS_prlimit64, 0, resource, limit, 0);
  return resource == RLIMIT_MEMLOCK ? 0 : (int)result;
}
