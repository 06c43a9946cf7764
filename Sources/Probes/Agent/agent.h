// SPDX-License-Identifier: Apache-2.0
// What the files of the agent share. It runs inside somebody else's process: it never prints, never ends the process,
// never raises, and where something is missing it does without.
#pragma once
#include "agent_table.h"
#include "system.h"

/// What the session that this process belongs to asks for.
struct session {
  struct hg_agent_session file;
  /// Its directory, and where a file's name goes behind it.
  char directory[sizeof HG_AGENT_SESSIONS + 1 + HG_AGENT_ID_DIGITS];
};
extern struct session session;

/// Finds the first session named in LD_PRELOAD that Honeyguide still holds.
bool session_find(char *const *environment);
/// The same in a process that has run for a while: by the path that the agent was loaded from, since another thread may be
/// changing the environment.
bool session_find_by_path(void);
/// Whether an element of LD_PRELOAD is an agent, of whatever session.
bool session_is_library(const char *path, size_t size);

/// Why the table takes nothing now; zero is the state in which all is counted.
enum table_stop {
  TABLE_STOPPED = 1,  // Honeyguide's word, in the mapped header: the session is over
  TABLE_NONE = 2,     // there is no table
  TABLE_FORKED = 3,   // it is the parent's: this process needs one of its own
};

/// This process's table. `header` always points to something that can be read and written: where there is no table, to
/// a header that says so in `stop`, and that is the one thing to look at before anything is recorded.
extern struct hg_agent_header *table_header;
/// Counted up where the process gets another table: what began before does not end in it.
extern uint32_t table_epoch;

/// Makes the table. False: there is none, and nothing will be observed.
bool table_create(void);
/// In a child of fork: a table of its own, with the same functions at the same places, and no counts.
cold bool table_follow_fork(void);
/// Whether something can be recorded; a child of fork gets its table here.
static inline bool table_is_open(void) {
  uint32_t stop = __atomic_load_n(&table_header->stop, __ATOMIC_RELAXED);
  if (likely(stop == 0)) return true;
  return stop == TABLE_FORKED && table_follow_fork();
}

/// Room for one more record of a kind, not yet counted; null where there is none. `table_added` counts it.
void *table_room(enum hg_agent_kind kind);
void table_added(enum hg_agent_kind kind);
/// What is at a place, and the other way round.
void *table_at(uint32_t place);
uint32_t table_place(const void *at);
/// The place of a text, a new one or that of the same text before; 0 where there is no room or no text.
uint32_t table_text(const char *bytes, size_t size);
/// The bytes at a place; there is a zero behind them. An empty text for 0.
const char *table_bytes(uint32_t place);

struct text {
  const char *bytes;
  size_t size;
};
/// Records that a variable was looked up, or with HG_AGENT_READ_ALL all of them; and fires the probe env__read. Called
/// with the interpreter's lock. Texts without bytes are left out. The record is given back, null where there is no room;
/// it is valid until `table_epoch` changes.
struct hg_agent_read *read_record(uint32_t flags, struct text name, struct text value, struct text fallback);
/// Forgets the reads that were recorded: the table is a new one.
void reads_forget(void);

/// Called in the main interpreter when the module `posix` has been initialised: before site and user code, with the
/// interpreter's lock and no exception pending. Called again where the interpreter is initialised again.
void environment_start(void *posix_module);
/// The same in another interpreter of the process, where nothing is recorded: only keeps the agent out of sight.
void environment_hide(void *posix_module);
/// Called once the core is up; again as above.
void calls_start(void);
