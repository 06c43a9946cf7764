// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The scratch space in which a record with texts is put together, and the walk from a dentry to its root.
#pragma once
#include "session.h"
#include "existing_events.h"
#include "socket_events.h"

// A value of a per-CPU map may have 32 KiB. Texts begin below RECORD_LIMIT, and each is at most TEXT_LIMIT long.
enum { TEXT_LIMIT = 4096, RECORD_LIMIT = 28128, RECORD_ROOM = RECORD_LIMIT + TEXT_LIMIT + 8 };

struct scratch {
  // The walk under way.
  struct dentry *dentry;
  struct mount *mount;
  struct mount_head {
    struct mount *parent;
    struct dentry *mountpoint;
    struct dentry *root;
  } mount_head;
  __u32 walked;  // bytes
  __u32 flags;   // enum hg_text_flag
  __u32 offset;  // where the next text goes in the record
  __u32 state;   // of the followed task, enum followed_state
  __u64 is_inside;  // the next walk ends at the root of its file system, whatever is mounted where
  __u64 retries;    // of the walk under way
  __u64 hash[2];
  // The send under way.
  unsigned long sender;  // the socket's open file
  __u64 messages;     // where they stand in the program's memory
  __u32 message_size;
  __u32 send_row;
  __s32 send_error;
  __u32 is_32_bit;
  union {
    struct hg_header header;
    struct hg_paths paths;
    struct hg_exec exec;
    struct hg_file file;
    struct hg_uring_done uring_done;
    struct hg_socket socket;
    struct hg_existing_file existing_file;
    struct hg_variable variable;
    __u8 bytes[RECORD_ROOM];
  };
};
_Static_assert(sizeof(struct scratch) <= 32768, "a per-CPU value has at most 32 KiB");

// One for each hook that can interrupt another.
enum { SCRATCH_CALL, SCRATCH_EXEC, SCRATCHES };
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} call_scratch SEC(".maps"), exec_scratch SEC(".maps");

// Appends the string at a user address, without its zero; gives whether it begins with a slash. (Not static: verified once, see `walk`.)
__noinline int append_user(struct scratch *s, struct hg_text *text, unsigned long address) {
  if (!s || !text) return 0;
  __u32 offset = s->offset;
  text->size = 0;
  text->flags = 0;
  if (offset > RECORD_LIMIT) {
    text->flags = HG_TEXT_TRUNCATED;
    return 0;
  }
  long size = bpf_probe_read_user_str(s->bytes + offset, TEXT_LIMIT, (const void *)address);
  if (size < 0) {
    text->flags = HG_TEXT_UNREADABLE;
    return 0;
  }
  // Nothing but its zero: 1 byte, or by the count of older kernels (6.1 and 6.12 among them) 0.
  if (!size) size = 1;
  // It ended there, or had to be cut there.
  char last = 1;
  if (size == TEXT_LIMIT && (bpf_probe_read_user(&last, 1, (const void *)(address + TEXT_LIMIT - 1)) || last))
    text->flags = HG_TEXT_TRUNCATED;
  text->size = size - 1;
  s->offset = offset + ((size - 1) & (TEXT_LIMIT - 1));
  return s->bytes[offset] == '/';
}

static __always_inline void append_kernel(struct scratch *s, struct hg_text *text, const void *address) {
  __u32 offset = s->offset;
  text->size = 0;
  text->flags = HG_TEXT_TRUNCATED;
  if (offset > RECORD_LIMIT) return;
  long size = bpf_probe_read_kernel_str(s->bytes + offset, TEXT_LIMIT, address);
  if (size <= 0) return;
  text->flags = size == TEXT_LIMIT ? HG_TEXT_TRUNCATED : 0;
  text->size = size - 1;
  s->offset = offset + ((size - 1) & (TEXT_LIMIT - 1));
}

// What a step needs of a dentry. In all kernels so far these members are neighbours, and one read fetches them, with
// the short name that a dentry holds itself: each read of kernel memory saved is some 30 ns.
struct dentry_head {
  __u32 flags, sequence;
  struct hlist_bl_node hash;
  struct dentry *parent;
  struct qstr name;
  struct inode *inode;
  __u64 short_name[5];
  __u64 more[5];  // the lock among them
};

static __always_inline long read_dentry(struct dentry_head *head, struct dentry *dentry) {
  __u64 hash = bpf_core_field_offset(struct dentry, d_hash), parent = bpf_core_field_offset(struct dentry, d_parent),
        name = bpf_core_field_offset(struct dentry, d_name), inode = bpf_core_field_offset(struct dentry, d_inode);
  if (hash >= 8 && parent == hash + sizeof(struct hlist_bl_node) && name == parent + sizeof(void *) &&
      inode == name + sizeof(struct qstr))
    return READ(*head, (void *)dentry + hash - 8);
  __builtin_memset(head, 0, sizeof *head);
  return READ(head->hash, (void *)dentry + hash) ?: READ(head->parent, (void *)dentry + parent)
             ?: READ(head->name, (void *)dentry + name)
             ?: READ(head->short_name, (void *)dentry + inode + sizeof(void *));
}

// Whether the dentry was renamed while it was read: what was read may be half of one name and half of another. A rename
// counts the sequence up, to an odd number, before it changes anything, and lets go of the lock when all is done; the first
// was read first, the second last.
static __always_inline bool is_changing(const struct dentry_head *head) {
  __u64 hash = bpf_core_field_offset(struct dentry, d_hash), sequence = bpf_core_field_offset(struct dentry, d_seq),
        lock = bpf_core_field_offset(struct dentry, d_lockref) + 8 - hash;
  if (sequence + 4 != hash || lock > sizeof *head - 4) return false;
  return head->sequence & 1 || *(const __u32 *)((const void *)head + lock);
}

// What a step needs of a mount; neighbours in all kernels so far, too.
static __always_inline long read_mount(struct mount_head *head, struct mount *mount) {
  __u64 parent = bpf_core_field_offset(struct mount, mnt_parent),
        mountpoint = bpf_core_field_offset(struct mount, mnt_mountpoint),
        root = bpf_core_field_offset(struct mount, mnt.mnt_root);
  if (mountpoint == parent + sizeof(void *) && root == mountpoint + sizeof(void *))
    return READ(*head, (void *)mount + parent);
  return READ(head->parent, (void *)mount + parent) ?: READ(head->mountpoint, (void *)mount + mountpoint)
             ?: READ(head->root, (void *)mount + root);
}

// One name of a path, or one step over a mount point; ends the loop (1) at the root.
// (bpf_loop's context must lie on the stack, hence the pointer to a pointer.)
static long walk_step(__u32 step, struct scratch **context) {
  struct scratch *s = *context;
  if (s->dentry == s->mount_head.root) {
    if (s->mount_head.parent == s->mount) return 1;
    s->mount = s->mount_head.parent;
    s->dentry = s->mount_head.mountpoint;
    return read_mount(&s->mount_head, s->mount) != 0;
  }
  struct dentry_head head;
  if (read_dentry(&head, s->dentry)) {
    s->flags |= HG_TEXT_UNREADABLE;
    return 1;
  }
  // The lock may be held for other reasons, and for longer.
  if (is_changing(&head) && s->retries++ < 200) return 0;
  bool is_root = head.parent == s->dentry;
  if (!s->walked && !head.hash.pprev) s->flags |= HG_TEXT_DELETED;
  __u32 size = head.name.hash_len >> 32, offset = s->offset;
  if (is_root) s->flags |= HG_TEXT_PSEUDO;
  if (size > 255 || s->walked > TEXT_LIMIT || offset > RECORD_LIMIT) {
    s->flags |= HG_TEXT_TRUNCATED;
    return 1;
  }
  s->bytes[offset] = '/';
  // The name's own pointer says whether the short name is the name, wherever this kernel keeps it.
  const void *short_name = (void *)s->dentry + bpf_core_field_offset(struct dentry, d_inode) + sizeof(void *);
  if (size <= sizeof head.short_name && head.name.name == short_name) {
    // By hand: memcpy to an address of any alignment goes byte by byte.
    __u64 *to = (__u64 *)(s->bytes + offset + 1);
    for (int i = 0; i < 5; i++) to[i] = head.short_name[i];
  } else if (bpf_probe_read_kernel(s->bytes + offset + 1, size & 255, head.name.name)) {
    s->flags |= HG_TEXT_UNREADABLE;
    return 1;
  }
  s->offset = offset + size + 1;
  s->walked += size + 1;
  s->dentry = head.parent;
  return is_root;
}

// Names take two bytes each at least; the rest is for steps over mounts and for retries.
enum { WALK_LIMIT = TEXT_LIMIT / 2 + 768 };

// Appends the path of a dentry as struct hg_walk describes it, or (`is_inside`) its path within its file system. `address` is that of a struct path in the kernel.
//
// Not static: the verifier looks at such a function once, by itself, and not again wherever it is called (5 ms less).
__noinline int walk(struct scratch *s, struct hg_walk *walk, __u64 address) {
  struct path *path = (void *)address;
  if (!s || !walk) return 0;
  s->walked = 0;
  s->flags = 0;
  s->retries = 0;
  // A path stands in other structures only: one search of the kernel's types less than with its own.
  __u64 start = bpf_core_field_offset(struct file, f_path),
        mount = bpf_core_field_offset(struct file, f_path.mnt) - start,
        dentry = bpf_core_field_offset(struct file, f_path.dentry) - start;
  struct {
    void *first, *second;
  } pair = {};
  READ(pair, path);
  struct vfsmount *mounted = mount < dentry ? pair.first : pair.second;
  s->dentry = mount < dentry ? pair.second : pair.first;
  walk->inode = 0;
  walk->magic = 0;
  walk->size = 0;
  walk->flags = HG_TEXT_ABSENT;
  if (!s->dentry || !mounted) return 0;
  struct dentry *leaf = s->dentry;
  s->mount = (void *)mounted - bpf_core_field_offset(struct mount, mnt);
  bool is_inside = s->is_inside;
  // No dentry is NULL: the walk goes on to the root of the file system, which is its own parent and has the name "/".
  if (is_inside) s->mount_head.root = NULL;
  else if (read_mount(&s->mount_head, s->mount)) return 0;
  // Each name takes two bytes at least; what makes more steps than that has hundreds of mounts on top of each other.
  if (bpf_loop(WALK_LIMIT, walk_step, &s, 0) == WALK_LIMIT) s->flags |= HG_TEXT_TRUNCATED;
  if (is_inside) {
    if (!(s->flags & HG_TEXT_PSEUDO) || s->walked < 2) return 0;
    s->walked -= 2;
    s->offset -= 2;
    s->flags &= ~(HG_TEXT_PSEUDO | HG_TEXT_DELETED);
  } else if (s->flags & HG_TEXT_PSEUDO) {
    struct inode *inode = NULL;
    struct super_block *super = NULL;
    unsigned long magic = 0, number = 0;
    FIELD(inode, leaf, d_inode);
    FIELD(number, inode, i_ino);
    FIELD(super, inode, i_sb);
    FIELD(magic, super, s_magic);
    walk->inode = number;
    walk->magic = magic;
    // A namespace has no name of its own: its kind is one.
    if (magic == NSFS_MAGIC) {
      struct ns_common *namespace = NULL;
      const struct proc_ns_operations *operations = NULL;
      const char *name = NULL;
      __u32 offset = s->offset - s->walked;
      FIELD(namespace, inode, i_private);
      FIELD(operations, namespace, ops);
      FIELD(name, operations, name);
      if (offset > RECORD_LIMIT) return 0;
      s->bytes[offset] = '/';
      long size = bpf_probe_read_kernel_str(s->bytes + offset + 1, 32, name);
      if (size <= 0) size = 1;
      s->walked = size;
      s->offset = offset + (size & 31);
    }
  }
  walk->size = s->walked;
  walk->flags = s->flags;
  return 0;
}

// The open file behind a descriptor of this task; NULL where there is none.
static __always_inline struct file *descriptor(struct task_struct *task, __s32 number) {
  struct files_struct *files = NULL;
  struct fdtable *table = NULL;
  struct file *file = NULL;
  struct {
    __u32 size, unused;
    struct file **files;
  } descriptors = {};
  FIELD(files, task, files);
  FIELD(table, files, fdt);
  if (bpf_core_field_offset(table->fd) == bpf_core_field_offset(table->max_fds) + 8) {
    READ(descriptors, (void *)table + bpf_core_field_offset(table->max_fds));
  } else {
    FIELD(descriptors.size, table, max_fds);
    FIELD(descriptors.files, table, fd);
  }
  if (number >= 0 && (__u32)number < descriptors.size) READ(file, descriptors.files + number);
  return file;
}

// The same by loads instead of calls, for the hot path.
static __always_inline struct file *loaded_descriptor(struct files_struct *files, long number) {
  struct fdtable *table = files->fdt;
  struct file *file = NULL;
  // All 64 bits: what a supervisor answers need be no descriptor.
  if ((__u64)number < table->max_fds) READ(file, table->fd + number);
  return file;
}

static __always_inline struct path *file_path(struct file *file) {
  return file ? (void *)file + bpf_core_field_offset(struct file, f_path) : NULL;
}

static __always_inline struct path *root_directory(struct task_struct *task) {
  struct fs_struct *fs = NULL;
  FIELD(fs, task, fs);
  return fs ? (void *)fs + bpf_core_field_offset(struct fs_struct, root) : NULL;
}

static __always_inline struct path *working_directory(struct task_struct *task) {
  struct fs_struct *fs = NULL;
  FIELD(fs, task, fs);
  return fs ? (void *)fs + bpf_core_field_offset(struct fs_struct, pwd) : NULL;
}
