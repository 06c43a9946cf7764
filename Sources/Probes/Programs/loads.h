// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Reading the kernel's structures: by loads where the kernel has bpf_rdonly_cast (Linux 6.2), by calls elsewhere. And loops.
#pragma once
#include "events.h"

// Reads a member through a pointer into the kernel; leaves `to` as it was where that cannot be read.
//
// A member that is itself a pointer is always read so, or by LOAD, never as `pointer->member`: for each such access through
// a trusted pointer the verifier searches the whole of the kernel's BTF by name, four times, a millisecond in all.
#define READ(to, from) bpf_probe_read_kernel(&(to), sizeof(to), (from))
#define FIELD(to, pointer, field) READ(to, (void *)(pointer) + bpf_core_field_offset(*(pointer), field))

#ifndef HG_BY_CALLS
#define has_cast true

// The kernel's types by their BTF ids, each as `type_NAME`. Set when the object is loaded: Sources/BPF/KernelCode.swift.
#define KERNEL_TYPES(X)                                                                                                \
  X(task_struct) X(files_struct) X(fdtable) X(file) X(path) X(fs_struct) X(dentry) X(mount) X(nsproxy) X(pid) X(css_set) \
  X(cgroup) X(mm_struct) X(cred) X(signal_struct) X(linux_binprm) X(inode) X(super_block) X(socket) X(hlist_bl_node)      \
  X(sock) X(tcp_sock) X(inet_sock)
#define KERNEL_TYPE(name) const volatile __u32 type_##name = 0;
KERNEL_TYPES(KERNEL_TYPE)

// The number stands for the kernel's bpf_rdonly_cast until the object is loaded. What that gives can be read by loads,
// which cost a tenth of a call each; where there is nothing to be read, a load gives 0.
static void *(*const rdonly_cast)(const void *pointer, __u32 type) = (void *)0x6e676863;

#define KERNEL_TYPE_CASE(name) struct name: type_##name,
#define KERNEL_TYPE_OF(value) _Generic((value), KERNEL_TYPES(KERNEL_TYPE_CASE) struct no_type: 0)
#define CAST(pointer) ((__typeof__(&*(pointer)))rdonly_cast((pointer), KERNEL_TYPE_OF(*(pointer))))

// A loop that the verifier looks through once needs an instruction that may leave it (may_goto, Linux 6.9). Where the kernel
// has none, the object is loaded with another instruction in its place, and the constant is 0.
const volatile __u32 has_loops = 0;

#else
// An object of its own, where nothing is asked that is known when it is compiled: the verifier takes a quarter longer to
// look at both ways.
#define has_cast false
#define has_loops false
#define CAST(pointer) (pointer)
#endif

#define MAY_LEAVE(label) \
  asm volatile goto(                                                                                                \
      "1: .byte 0xe5, 0; .long ((%l[" #label "] - 1b - 8) / 8 & 0xffff) + 0x68630000; .short 0x6e67" : : : : label)

// A number or a pointer that is a member of one of the structures above. Where it cannot be read it becomes 0.
#define LOAD(to, pointer, field)                \
  do {                                          \
    if (has_cast) (to) = (__typeof__(to))CAST(pointer)->field; \
    else FIELD(to, pointer, field);             \
  } while (0)
