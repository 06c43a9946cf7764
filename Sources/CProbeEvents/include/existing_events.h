// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What `honeyguide attach` and its kernel programs tell each other.
#pragma once
#include "events.h"

// Whom an inspection follows.
enum hg_scope {
  HG_SCOPE_COMMAND,    // who was marked by hand, and all below
  HG_SCOPE_PROCESSES,  // chosen processes
  HG_SCOPE_CGROUP,     // a control group and those below it
  HG_SCOPE_ALL,        // the whole machine
};

// The one value of a map.
struct hg_attaching {
  hg_u32 round;    // whoever is met from now on is described in this round
  hg_u32 telling;  // the round that is described now
  hg_u32 own;      // Honeyguide's process; 0: not known yet
  hg_u32 unused;
  hg_u64 met;      // tasks that were marked because they belong, not by a fork
};

// A process that was there before it was followed is told by an hg_exec of the type HG_RECORD_EXISTING: its file name
// and interpreter are absent, for nobody remembers them. An open socket is told by an hg_socket of the type
// HG_RECORD_EXISTING_SOCKET: `number` is the descriptor, `sent` the flags, `received` the inode, `call` the kernel's
// state of the socket.

// A file that was open. Tail: the walk.
struct hg_existing_file {
  struct hg_header header;
  hg_u64 position;
  hg_s32 number;  // the descriptor
  hg_u32 flags;   // O_*
  hg_u32 mode;    // of the inode, its type included
  hg_u32 unused;
  struct hg_walk walk;
};

_Static_assert(sizeof(struct hg_attaching) == 24, "hg_attaching");
_Static_assert(sizeof(struct hg_existing_file) == 96, "hg_existing_file");
