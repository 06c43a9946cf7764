// SPDX-License-Identifier: Apache-2.0
// The one door to libbpf. What its headers do with macros that Swift cannot import stands here as inline functions.
#pragma once
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <sys/mman.h>

/// memfd_create(2): a file in memory, close-on-exec. Returns a descriptor, or -1.
static inline int hg_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
