// SPDX-License-Identifier: Apache-2.0
#pragma once
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

/// pidfd_open(2), which Swift cannot call by syscall(2). Returns a descriptor, or -1.
static inline int hg_test_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
