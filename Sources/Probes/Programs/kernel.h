// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The kernel's structures, with only the fields that are read. Where they really lie is told by the running
// kernel's BTF when the object is loaded (CO-RE), so these are declarations of names, not of layouts.
#pragma once

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

// include/uapi/linux/bpf.h
enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PROG_ARRAY = 3,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LRU_HASH = 9,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_RINGBUF = 27,
  BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY, BPF_NOEXIST, BPF_EXIST };
enum { BPF_F_NO_PREALLOC = 1 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0 };

// The numbers of the x86-64 interface to programs.
enum {
  ENOENT_ = 2,
  EINTR_ = 4,
  EAGAIN_ = 11,
  EFAULT_ = 14,
  EEXIST_ = 17,
  ECONNABORTED_ = 103,
  EISCONN_ = 106,
  EALREADY_ = 114,
  EINPROGRESS_ = 115,
};
enum { AT_FDCWD = -100 };
enum { NSFS_MAGIC = 0x6e736673 };
enum { S_IFMT = 0170000, S_IFSOCK = 0140000 };
enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, IPPROTO_TCP = 6, IPPROTO_MPTCP = 262 };
enum { SOL_SOCKET = 1, SO_ERROR = 4 };
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_FIN_WAIT1 = 4,
  TCP_FIN_WAIT2 = 5,
  TCP_CLOSE = 7,
  TCP_LAST_ACK = 9,
  TCP_CLOSING = 11,
};
enum { SOCK_DONE = 1 };  // of skc_flags: the peer's FIN has come
enum { SOCKADDR_LIMIT = 128 };  // struct __kernel_sockaddr_storage
enum { SIGNAL_GROUP_EXIT = 4 };
enum { PF_EXITING = 0x00000004, PF_KTHREAD = 0x00200000 };
enum { SI_USER = 0, SI_QUEUE = -1, SI_TKILL = -6 };
enum { IOSQE_CQE_SKIP_SUCCESS = 1 << 6 };  // of a request's flags, which begin with those that it was submitted with
enum { PR_SET_NAME = 15, PTRACE_TRACEME = 0, PTRACE_ATTACH = 16, PTRACE_SEIZE = 0x4206 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long r10, r9, r8, ax, cx, dx, si, di, orig_ax, bx, bp, ip, sp;
};
struct thread_info {
  __u32 status;
};
enum { TS_COMPAT = 2 };
enum { X32_SYSCALL_BIT = 0x40000000, SOCKETCALL_32 = 102 };
#else
#error "Honeyguide's kernel programs know the system calls of x86-64 only."
#endif

typedef struct { __u32 val; } kuid_t;
typedef struct { __u32 val; } kgid_t;
typedef struct { int counter; } atomic_t;

struct super_block { unsigned long s_magic; __u32 s_dev; };
struct proc_ns_operations { const char *name; };
struct ns_common { const struct proc_ns_operations *ops; };
struct inode { unsigned short i_mode; unsigned long i_ino; __u32 i_generation; struct super_block *i_sb; void *i_private; };
struct hlist_bl_node { struct hlist_bl_node *next, **pprev; };
struct qstr { __u64 hash_len; const unsigned char *name; };
struct seqcount_spinlock { __u32 seqcount; };
struct lockref { __u64 lock_count; };
struct dentry {
  struct seqcount_spinlock d_seq;
  struct hlist_bl_node d_hash;
  struct dentry *d_parent;
  struct qstr d_name;
  struct inode *d_inode;
  struct super_block *d_sb;
  struct lockref d_lockref;
};
struct vfsmount { struct dentry *mnt_root; };
struct mount { struct mount *mnt_parent; struct dentry *mnt_mountpoint; struct vfsmount mnt; };
struct path { struct vfsmount *mnt; struct dentry *dentry; };
struct file { struct path f_path; struct inode *f_inode; void *private_data; unsigned int f_flags, f_mode; long long f_pos; };
struct fdtable { unsigned int max_fds; struct file **fd; };
struct files_struct { struct fdtable *fdt; };
struct fs_struct { struct path root, pwd; };
struct mm_struct { struct file *exe_file; unsigned long arg_start, arg_end, env_start, env_end, saved_auxv[2]; };
struct cred { kuid_t uid, euid, suid, fsuid; kgid_t gid, egid, sgid, fsgid; };
struct kernel_siginfo { int si_code; };

struct filename { const char *name; };
struct open_how { __u64 flags, mode; };
struct io_cmd_data { struct file *file; };
struct io_cqe { __s32 res; };
struct io_kiocb { struct io_cmd_data cmd; __u8 opcode; struct io_cqe cqe; __u64 flags; };
struct io_open { int dfd; __u32 file_slot; struct filename *filename; struct open_how how; };
struct io_statx { int dfd; struct filename *filename; };
struct io_unlink { int dfd; int flags; struct filename *filename; };
struct io_rename { int old_dfd, new_dfd; struct filename *oldpath, *newpath; };
struct io_mkdir { int dfd; __u16 mode; struct filename *filename; };
struct io_link { int old_dfd, new_dfd; struct filename *oldpath, *newpath; };
struct sched_entity { __u64 sum_exec_runtime; };
struct signal_struct {
  atomic_t live;
  int group_exit_code;
  unsigned int flags;
  __u64 utime, stime;
  unsigned long long sum_sched_runtime;
  unsigned long maxrss;
};
struct nsproxy { void *mnt_ns; };
struct upid { int nr; };
struct pid { unsigned int level; struct upid numbers[1]; };
struct kernfs_node { struct kernfs_node *__parent; const char *name; __u64 id; };
struct kernfs_node___old { struct kernfs_node *parent; };
struct cgroup_subsys_state { struct cgroup_subsys_state *parent; };
struct cgroup { struct cgroup_subsys_state self; struct kernfs_node *kn; };
struct css_set { struct cgroup *dfl_cgrp; };
struct task_struct {
  struct thread_info thread_info;
  unsigned int flags;
  struct sched_entity se;
  struct mm_struct *mm;
  int exit_code;
  int pid, tgid;
  struct task_struct *real_parent, *group_leader;
  __u64 utime, stime;
  __u64 start_boottime;
  __u64 self_exec_id;
  const struct cred *cred;
  char comm[16];
  struct fs_struct *fs;
  struct nsproxy *nsproxy;
  struct pid *thread_pid;
  struct css_set *cgroups;
  struct files_struct *files;
  struct signal_struct *signal;
  struct bpf_local_storage *bpf_storage;
};
struct seq_file { __u64 index; };
struct bpf_iter_meta { struct seq_file *seq; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; __u32 fd; struct file *file; };
struct linux_binprm { const char *filename, *interp; };

struct in6_addr { union { __u8 u6_addr8[16]; } in6_u; };
struct sock_common {
  __be32 skc_daddr, skc_rcv_saddr;
  __be16 skc_dport;
  __u16 skc_num;
  unsigned short skc_family;
  volatile unsigned char skc_state;
  int skc_bound_dev_if;
  unsigned long skc_flags;
  struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};
struct sock {
  struct sock_common __sk_common;
  __u16 sk_type, sk_protocol;
  int sk_err;
};
struct socket { struct file *file; struct sock *sk; };
struct inet_sock { __be16 inet_sport; };
struct tcp_sock { __u32 snd_una, write_seq; __u64 bytes_received, bytes_acked, bytes_sent, bytes_retrans; };
struct sockaddr_un { unsigned short sun_family; };
struct unix_address { int len; struct sockaddr_un name[1]; };
struct unix_sock { struct unix_address *addr; struct path path; };

#pragma clang attribute pop

// What a message for sendmsg begins with; sendmmsg is given a vector of those. The layout is the system call interface's, not the kernel's own.
struct message_head {
  __u64 name;
  __u32 name_size, unused;
};
enum { MESSAGE_SIZE = 64, MESSAGE_SIZE_32 = 32 };  // struct mmsghdr, by either convention
