// SPDX-License-Identifier: Apache-2.0
// What a process does between fork and exec, and what glibc would do to every thread where one is meant.
// See Decisions/0001-a-c-target-for-the-child.md for why this is C.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/types.h>

/// Who a process is, to the kernel.
struct hg_identity {
  uid_t uid;
  gid_t gid;
  const gid_t *groups;
  size_t group_count;
};

/// What a process hands to the program it becomes, and what a tool may change for itself meanwhile.
struct hg_inherited {
  /// Bit n-1 stands for signal n: the blocked ones, and the ignored ones.
  uint64_t blocked;
  uint64_t ignored;
  struct rlimit limits[RLIM_NLIMITS];
};

/// Reads what the calling thread would hand on now, all 64 signals included: glibc hides 32 and 33.
void hg_inherited_read(struct hg_inherited *inherited);

/// How far a child came.
enum hg_step {
  HG_STEP_READY,         // it waits at the gate, `path` is what it will run
  HG_STEP_LIMITS,        // a limit could not be given back
  HG_STEP_GROUPS,        // setgroups, setresgid, setresuid, capset failed
  HG_STEP_GID,
  HG_STEP_UID,
  HG_STEP_CAPABILITIES,
  HG_STEP_SEARCH,        // no path names a file that can be run
  HG_STEP_EXEC,          // execve failed
};

/// What a child writes into its report pipe: once when it is ready or has failed, and again when execve fails.
struct hg_report {
  int32_t step;
  int32_t error;
  /// The index in `paths` that is meant; -1 where none is.
  int32_t path;
};

/// A command, with everything the child needs: it allocates nothing.
struct hg_command {
  /// The files execve tries, in order, ended by NULL.
  const char *const *paths;
  const char *const *arguments;
  /// What /bin/sh gets for a script without `#!`: "/bin/sh", a place for the path, arguments[1...], NULL.
  const char **shell_arguments;
  const char *const *environment;
  /// Two pipes, all four ends close-on-exec: gate[0] and report[1] are the child's.
  int gate[2];
  int report[2];
};

/// Forks a child that becomes `identity`, looks for its program, reports, waits for one byte from the gate,
/// and becomes the program. A gate that closes without a byte ends the child.
/// Returns the child's process id, or a negative errno.
pid_t hg_start(
    const struct hg_command *command, const struct hg_identity *identity, const struct hg_inherited *inherited);

/// pidfd_open(2): a descriptor, close-on-exec, or a negative errno.
int hg_pidfd_open(pid_t pid);

/// pipe2(2), both ends close-on-exec. Returns 0, or a negative errno.
int hg_pipe(int *reading, int *writing);

/// This process's environment, ended by NULL.
char **hg_environment(void);

/// openat(2) with the rights of `identity` alone: its fsuid, fsgid and groups, and no capability unless it is
/// root. Only the calling thread changes, and it is itself again when this returns; where that fails the
/// process is aborted. Returns a descriptor, or a negative errno; `*became` tells whether the identity was
/// taken at all.
int hg_openat_as(
    const struct hg_identity *identity, int directory, const char *path, int flags, mode_t mode, int *became);

/// The processor's counter (rdtsc); 0 where there is none that the agent uses.
uint64_t hg_ticks(void);

/// Forks a child that holds these descriptors and no other until `lifeline`, one of them, a pipe's end for reading, is at
/// its end; then it exits. It has no memory of ours but a copy, no terminal, and its working directory is the root.
///
/// - Parameter descriptors: ascending.
/// Returns its process id, or a negative errno.
pid_t hg_hold(const int *descriptors, size_t count, int lifeline);
