// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The scratch space in which a record with texts is put together, and the walk from a dentry to its root.
#pragma once
#include "session.h"
#include "existing_events.h"
#include "socket_events.h"

// A value of a per-CPU map may have 32 KiB. Texts begin below RECORD_LIMIT, and each is at most TEXT_LIMIT long.
enum { TEXT_LIMIT = 4096, RECORD_LIMIT = 28128, RECORD_ROOM = RECORD_LIMIT + TEXT_LIMIT + 8 };

// What a system call was given, by either convention.
struct call_arguments {
  __u64 word[8];  // the last two are none's
};

enum { SHORT_NAME = 40 };  // as long a name can be that a dentry holds itself

// Of a dentry, as it lies in all kernels so far.
struct dentry_part {
  __u32 flags, sequence;
  struct hlist_bl_node hash;
  struct dentry *parent;
  struct qstr name;
  struct inode *inode;
  __u64 short_name[SHORT_NAME / 8];
  __u64 more[5];  // the lock among them
};

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
  __u32 retries;    // of the walk under way
  __u32 steps;      // likewise
  __u32 row;        // of the call that is told
  __u32 starts[2];  // where its names start, enum start
  __u64 number;     // see as_number
  struct dentry_part dentry_part;  // there is no room on the stack
  struct call_arguments arguments;  // of the call that is told; likewise
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
    struct hg_function function;
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

// An address as a number: the verifier lets no pointer that it knows be handed to a function, or returned.
static __always_inline __u64 as_number(struct scratch *s, const void *pointer) {
  *(const void *volatile *)&s->number = pointer;
  return *(volatile __u64 *)&s->number;
}

// Appends the string at a user address, without its zero; gives whether it begins with a slash.
static __always_inline int append_string(struct scratch *s, struct hg_text *text, unsigned long address) {
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

// The same as a function. (Not static: verified once, see `walk`.)
__noinline int append_user(struct scratch *s, struct hg_text *text, unsigned long address) {
  return s && text ? append_string(s, text, address) : 0;
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

// What a step needs of a dentry.
struct dentry_head {
  struct dentry *parent;
  void *hashed;  // NULL: it was deleted; of a leaf
  struct qstr name;
  // It was renamed while it was read: what was read may be half of one name and half of another. A rename counts the sequence
  // up, to an odd number, before it changes anything, and lets go of the lock when all is done; the first was read first, the
  // second last.
  bool is_changing;
};

static __always_inline __u64 short_name_offset(void) {
  return bpf_core_field_offset(struct dentry, d_inode) + sizeof(void *);
}

// Reads a dentry by loads, and the first words of its short name, as many as the name has.
static __always_inline void load_dentry(
    struct dentry_head *head, __u64 *short_name, struct dentry *pointer, bool is_leaf) {
  const volatile struct dentry *dentry = CAST(pointer);
  __u32 sequence = *(const volatile __u32 *)((void *)dentry + bpf_core_field_offset(struct dentry, d_seq));
  head->parent = dentry->d_parent;
  head->hashed = dentry->d_hash.pprev;
  head->name.hash_len = dentry->d_name.hash_len;
  head->name.name = dentry->d_name.name;
  const volatile __u64 *words = (void *)dentry + short_name_offset();
  for (int i = 0; i < SHORT_NAME / 8; i++) short_name[i] = words[i];
  __u32 lock = *(const volatile __u32 *)((void *)dentry + bpf_core_field_offset(struct dentry, d_lockref));
  head->is_changing = (sequence & 1) | (lock != 0);
}

// The same by a call. Where these members are neighbours, one call fetches them all.
static __always_inline long read_dentry(struct scratch *s, struct dentry_head *head, __u64 *short_name, struct dentry *dentry) {
  __u64 sequence = bpf_core_field_offset(struct dentry, d_seq), hash = bpf_core_field_offset(struct dentry, d_hash),
        parent = bpf_core_field_offset(struct dentry, d_parent), name = bpf_core_field_offset(struct dentry, d_name),
        inode = bpf_core_field_offset(struct dentry, d_inode), lock = bpf_core_field_offset(struct dentry, d_lockref);
  head->is_changing = false;
  if (hash == sequence + 4 && parent == hash + sizeof(struct hlist_bl_node) && name == parent + sizeof(void *) &&
      inode == name + sizeof(struct qstr)) {
    struct dentry_part *part = &s->dentry_part;
    long error = READ(*part, (void *)dentry + sequence - 4);
    head->parent = part->parent;
    head->hashed = part->hash.pprev;
    head->name = part->name;
    // By hand: memcpy to an address of any alignment goes byte by byte.
    for (int i = 0; i < SHORT_NAME / 8; i++) short_name[i] = part->short_name[i];
    __u64 place = lock - sequence + 4;
    if (place <= sizeof *part - 4)
      head->is_changing = (part->sequence & 1) | (*(const __u32 *)((const void *)part + place) != 0);
    return error;
  }
  __builtin_memset(head, 0, sizeof *head);
  return FIELD(head->hashed, dentry, d_hash.pprev) ?: READ(head->parent, (void *)dentry + parent)
             ?: READ(head->name, (void *)dentry + name)
             ?: bpf_probe_read_kernel(short_name, SHORT_NAME, (void *)dentry + short_name_offset());
}

// What a step needs of a mount.
static __always_inline void read_mount(struct mount_head *head, struct mount *mount) {
  head->parent = NULL;
  head->mountpoint = head->root = NULL;
  LOAD(head->parent, mount, mnt_parent);
  LOAD(head->mountpoint, mount, mnt_mountpoint);
  LOAD(head->root, mount, mnt.mnt_root);
}

// One name of a path, or one step over a mount point; 1 at the root, the last.
static __always_inline long walk_step(struct scratch *s, bool by_loads) {
  if (s->dentry == s->mount_head.root) {
    if (s->mount_head.parent == s->mount) return 1;
    s->mount = s->mount_head.parent;
    s->dentry = s->mount_head.mountpoint;
    read_mount(&s->mount_head, s->mount);
    return !s->mount_head.root;
  }
  struct dentry_head head;
  long error = 0;
  __u32 offset = s->offset;
  if (s->walked > TEXT_LIMIT || offset > RECORD_LIMIT) {
    s->flags |= HG_TEXT_TRUNCATED;
    return 1;
  }
  __u64 *name = (__u64 *)(s->bytes + offset + 1);
  if (by_loads) load_dentry(&head, name, s->dentry, !s->walked);
  else error = read_dentry(s, &head, name, s->dentry);
  if (error || !head.parent) {
    s->flags |= HG_TEXT_UNREADABLE;
    return 1;
  }
  // The lock may be held for other reasons, and for longer.
  if (head.is_changing && s->retries++ < 200) return 0;
  bool is_root = head.parent == s->dentry;
  if (!s->walked && !head.hashed) s->flags |= HG_TEXT_DELETED;
  __u32 size = head.name.hash_len >> 32;
  if (is_root) s->flags |= HG_TEXT_PSEUDO;
  if (size > 255) {
    s->flags |= HG_TEXT_TRUNCATED;
    return 1;
  }
  s->bytes[offset] = '/';
  // The name's own pointer says whether the short name is the name, wherever this kernel keeps it.
  if ((size > SHORT_NAME || head.name.name != (void *)s->dentry + short_name_offset()) &&
      bpf_probe_read_kernel(name, size & 255, head.name.name)) {
    s->flags |= HG_TEXT_UNREADABLE;
    return 1;
  }
  s->offset = offset + size + 1;
  s->walked += size + 1;
  s->dentry = head.parent;
  return is_root;
}

// (bpf_loop's context must lie on the stack, hence the pointer to a pointer.)
static long walk_step_called(__u32 step, struct scratch **context) {
  return has_cast ? walk_step(*context, true) : walk_step(*context, false);
}

// Each name takes two bytes at least; the rest is for retries, and for mounts: what makes more steps than that has hundreds
// of them on top of each other.
enum { WALK_LIMIT = TEXT_LIMIT / 2 + 768 };

// All steps. `by_loop`, and where the kernel knows loops: without a call for each; processors that are made to mispredict
// returns take 10 ns for one. The verifier takes twice as long for that.
static __always_inline void walk_steps(struct scratch *s, bool by_loop) {
  if (by_loop && has_loops) {
    for (s->steps = 0; s->steps < WALK_LIMIT; s->steps++) {
      MAY_LEAVE(out_of_steps);
      if (walk_step(s, true)) return;
    }
  out_of_steps:
    s->flags |= HG_TEXT_TRUNCATED;
  } else if (bpf_loop(WALK_LIMIT, walk_step_called, &s, 0) == WALK_LIMIT) {
    s->flags |= HG_TEXT_TRUNCATED;
  }
}

// Appends the path of a dentry as struct hg_walk describes it, or (`is_inside`) its path within its file system. `address` is that of a struct path in the kernel.
static __always_inline int walk_path(struct scratch *s, struct hg_walk *walk, __u64 address, bool by_loop) {
  struct path *path = (void *)address;
  s->walked = 0;
  s->flags = 0;
  s->retries = 0;
  struct vfsmount *mounted = NULL;
  s->dentry = NULL;
  LOAD(mounted, path, mnt);
  LOAD(s->dentry, path, dentry);
  walk->inode = 0;
  walk->magic = 0;
  walk->size = 0;
  walk->flags = HG_TEXT_ABSENT;
  if (!s->dentry || !mounted) return 0;
  struct dentry *leaf = s->dentry;
  s->mount = (void *)mounted - bpf_core_field_offset(struct mount, mnt);
  // No dentry is NULL: the walk goes on to the root of the file system, which is its own parent and has the name "/".
  if (s->is_inside) s->mount_head.root = NULL;
  else {
    read_mount(&s->mount_head, s->mount);
    if (!s->mount_head.root) return 0;
  }
  walk_steps(s, by_loop);
  // Read anew: to the verifier the walk is then one, whatever was read before it.
  if (*(volatile __u64 *)&s->is_inside) {
    if (!(s->flags & HG_TEXT_PSEUDO) || s->walked < 2) return 0;
    s->walked -= 2;
    s->offset -= 2;
    s->flags &= ~(HG_TEXT_PSEUDO | HG_TEXT_DELETED);
  } else if (s->flags & HG_TEXT_PSEUDO) {
    struct inode *inode = NULL;
    struct super_block *super = NULL;
    unsigned long magic = 0, number = 0;
    LOAD(inode, leaf, d_inode);
    LOAD(number, inode, i_ino);
    LOAD(super, inode, i_sb);
    LOAD(magic, super, s_magic);
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

// The same as functions. Not static: the verifier looks at such a function once, by itself, and not again wherever it is
// called (5 ms less).
__noinline int walk(struct scratch *s, struct hg_walk *walk, __u64 address) {
  return s && walk ? walk_path(s, walk, address, false) : 0;
}

// For what is told most often.
__noinline int walk_by_loop(struct scratch *s, struct hg_walk *walk, __u64 address) {
  return s && walk ? walk_path(s, walk, address, true) : 0;
}

// The open file behind a descriptor of this task; NULL where there is none.
static __always_inline struct file *descriptor(struct task_struct *task, long number) {
  struct files_struct *files = NULL;
  struct fdtable *table = NULL;
  struct file **all = NULL, *file = NULL;
  __u32 size = 0;
  LOAD(files, task, files);
  LOAD(table, files, fdt);
  LOAD(size, table, max_fds);
  LOAD(all, table, fd);
  // All 64 bits: what a supervisor answers for a call need be no descriptor.
  if ((__u64)number >= size) return NULL;
  // Any structure that begins with a pointer stands for an entry.
  struct hlist_bl_node *entry = (void *)(all + number);
  if (has_cast) return (void *)CAST(entry)->next;
  READ(file, entry);
  return file;
}

static __always_inline struct path *file_path(struct file *file) {
  return file ? (void *)file + bpf_core_field_offset(struct file, f_path) : NULL;
}

static __always_inline struct path *root_directory(struct task_struct *task) {
  struct fs_struct *fs = NULL;
  LOAD(fs, task, fs);
  return fs ? (void *)fs + bpf_core_field_offset(struct fs_struct, root) : NULL;
}

static __always_inline struct path *working_directory(struct task_struct *task) {
  struct fs_struct *fs = NULL;
  LOAD(fs, task, fs);
  return fs ? (void *)fs + bpf_core_field_offset(struct fs_struct, pwd) : NULL;
}
