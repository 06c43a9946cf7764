// SPDX-License-Identifier: Apache-2.0
// Identities by the bare system calls. They change the calling thread alone, where glibc's wrappers signal every
// thread of the process and wait for each: in a forked child there are none to answer, and for one open in
// Honeyguide only one thread is meant.
#define _GNU_SOURCE
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct capabilities {
  struct __user_cap_data_struct half[2];
};

static long capabilities_read(struct capabilities *capabilities) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, capabilities->half);
}

static long capabilities_write(const struct capabilities *capabilities) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, capabilities->half);
}

static bool is_ambient(int capability) {
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1;
}

/// The kernel's limit, include/uapi/linux/limits.h: 256 KiB of them, so never on a stack.
#define GROUPS_MAX 65536

static bool has_groups(const struct hg_identity *identity, const gid_t *groups, long count) {
  return count >= 0 && (size_t)count == identity->group_count &&
         memcmp(groups, identity->groups, (size_t)count * sizeof *groups) == 0;
}

/// Static: the child may not allocate, and it is the only thread of its process.
static gid_t child_groups[GROUPS_MAX];

/// Leaves what execve of a plain program would leave: nothing for who gives up root, the ambient ones for who
/// stays who they are. So the search for the program sees what the program's user sees.
static long drop_capabilities(bool gave_up_root) {
  struct capabilities now;
  if (capabilities_read(&now) != 0) return -1;
  if (gave_up_root) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -1;
    memset(&now, 0, sizeof now);
    return capabilities_write(&now);
  }
  for (int i = 0; i < 2; i++) {
    uint32_t ambient = 0;
    for (int bit = 0; bit < 32; bit++)
      if (is_ambient(i * 32 + bit)) ambient |= 1u << bit;
    now.half[i].permitted = now.half[i].effective = ambient;
  }
  return capabilities_write(&now);
}

enum hg_step hg_become(const struct hg_identity *identity, int *error) {
  bool was_root = geteuid() == 0 || getuid() == 0;
  long count = syscall(SYS_getgroups, GROUPS_MAX, child_groups);
  if (!has_groups(identity, child_groups, count) &&
      syscall(SYS_setgroups, identity->group_count, identity->groups) != 0) {
    *error = errno;
    return HG_STEP_GROUPS;
  }
  if (syscall(SYS_setresgid, identity->gid, identity->gid, identity->gid) != 0) {
    *error = errno;
    return HG_STEP_GID;
  }
  if (syscall(SYS_setresuid, identity->uid, identity->uid, identity->uid) != 0) {
    *error = errno;
    return HG_STEP_UID;
  }
  if (identity->uid != 0 && drop_capabilities(was_root) != 0) {
    *error = errno;
    return HG_STEP_CAPABILITIES;
  }
  return HG_STEP_READY;
}

/// The thread cannot be itself again: to go on as somebody else would be worse than to end.
static _Noreturn void lost_identity(void) {
  static const char sentence[] =
      "honeyguide: could not take back its own identity after it opened a file for the user; it ends here.\n";
  if (write(STDERR_FILENO, sentence, sizeof sentence - 1) < 0) abort();
  abort();
}

static uid_t file_user(void) { return (uid_t)syscall(SYS_setfsuid, -1); }
static gid_t file_group(void) { return (gid_t)syscall(SYS_setfsgid, -1); }

int hg_openat_as(
    const struct hg_identity *identity, int directory, const char *path, int flags, mode_t mode, int *became) {
  *became = 0;
  gid_t *groups = malloc(GROUPS_MAX * sizeof *groups);
  struct capabilities capabilities, none;
  if (groups == NULL || capabilities_read(&capabilities) != 0) {
    free(groups);
    return -ENOMEM;
  }
  long count = syscall(SYS_getgroups, GROUPS_MAX, groups);
  uid_t user = file_user();
  gid_t group = file_group();

  int result;
  bool changes_groups = !has_groups(identity, groups, count);
  if (changes_groups && syscall(SYS_setgroups, identity->group_count, identity->groups) != 0) {
    result = -errno;
    free(groups);
    return result;
  }
  syscall(SYS_setfsgid, identity->gid);
  syscall(SYS_setfsuid, identity->uid);
  none = capabilities;
  if (identity->uid != 0) none.half[0].effective = none.half[1].effective = 0;
  if (file_user() != identity->uid || file_group() != identity->gid || capabilities_write(&none) != 0) {
    result = -EPERM;
  } else {
    *became = 1;
    result = openat(directory, path, flags, mode);
    if (result < 0) result = -errno;
  }

  // The capabilities first: the others need them.
  if (capabilities_write(&capabilities) != 0) lost_identity();
  syscall(SYS_setfsuid, user);
  syscall(SYS_setfsgid, group);
  if (changes_groups && syscall(SYS_setgroups, count, groups) != 0) lost_identity();
  // setfsuid to root raises the capabilities for files that were just given back: the same ones, or more.
  if (capabilities_write(&capabilities) != 0) lost_identity();
  if (file_user() != user || file_group() != group) lost_identity();
  free(groups);
  return result;
}
