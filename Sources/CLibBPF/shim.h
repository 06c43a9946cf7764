// SPDX-License-Identifier: Apache-2.0
// The one door to libbpf. What its headers do with macros that Swift cannot import stands here as inline functions.
#pragma once
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/// memfd_create(2): a file in memory, close-on-exec. Returns a descriptor, or -1.
static inline int hg_memfd(const char *name) { return (int)syscall(SYS_memfd_create, name, 1u /* MFD_CLOEXEC */); }
