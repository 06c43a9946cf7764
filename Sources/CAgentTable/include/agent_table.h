// SPDX-License-Identifier: Apache-2.0
// What the agent inside a Python process and Honeyguide share: a session's file, and a table for each process. Both are
// files in the session's directory, SESSIONS/ID. Nothing in a table can be trusted: any program can write one.
#pragma once
#include <stdint.h>

/// Counted up with every change of what follows. An agent does nothing for a session of another version.
#define HG_AGENT_VERSION 1u

/// Where sessions are. The directory is root's, 0711; a session's own directory is root's, 1733.
#define HG_AGENT_SESSIONS "/run/honeyguide"
/// The file in a session's directory that describes it: root's, 0644. While the session lasts Honeyguide holds a write
/// lock on its first byte (an open file description lock), so that F_OFD_GETLK tells whether anybody is there.
#define HG_AGENT_SESSION_FILE "session"

/// How a session's number stands in LD_PRELOAD: PREFIX/lib/honeyguide/BUILD/s/3/f/0/…/$LIB/agent.so, a directory for each
/// hexadecimal digit. Each of them is a symbolic link to ".", so that the path leads to the library for ever.
#define HG_AGENT_ID_DIGITS 8

enum hg_agent_magic {
  HG_AGENT_SESSION_MAGIC = 0x53414748,  // "HGAS", little-endian
  HG_AGENT_TABLE_MAGIC = 0x54414748,    // "HGAT"
};

enum hg_agent_flag {
  HG_AGENT_CALLS = 1,        // count calls
  HG_AGENT_ENVIRONMENT = 2,  // tell reads of the environment
  HG_AGENT_TSC = 4,          // time from the processor's counter: the kernel's clocksource is tsc
};

struct hg_agent_session {
  uint32_t magic, version;
  uint32_t flags;  // enum hg_agent_flag
  uint32_t unused;
  uint64_t id;
  uint64_t limit;  // of a table, in bytes
};

// A table is a page with the header, and behind it chunks of one size. The process appends a chunk when it has no room,
// space reserved (fallocate) before it is mapped. Numbers are the machine's; a place is an offset in the file.

enum { HG_AGENT_PAGE = 4096, HG_AGENT_CHUNK = 65536, HG_AGENT_TEXT_LIMIT = 4096 };

enum hg_agent_method {
  HG_AGENT_METHOD_NONE,       // calls are not counted
  HG_AGENT_METHOD_PROFILE,    // PyEval_SetProfile, 2.7
  HG_AGENT_METHOD_FRAME,      // the frame evaluator of PEP 523, 3.6 to 3.11
  HG_AGENT_METHOD_MONITORING, // sys.monitoring, 3.12 and later
};

/// Why something is not observed; 0 where it is.
enum hg_agent_reason {
  HG_AGENT_OBSERVED,
  HG_AGENT_NOT_ASKED,       // the session does not want it
  HG_AGENT_UNKNOWN_PYTHON,  // a version the agent was not written for, and its self-test failed
  HG_AGENT_NO_INTERFACE,    // what it needs is missing in this build
  HG_AGENT_TOOL_TAKEN,      // sys.monitoring has no free tool
  HG_AGENT_PROGRAM_PROFILES,// the program set a profiler of its own, and counting stopped (2.7)
  HG_AGENT_FAILED,          // an interface refused
  HG_AGENT_FREE_THREADED,   // a build without an interpreter lock
};

struct hg_agent_header {
  uint32_t magic, version;
  uint32_t header_size;  // HG_AGENT_PAGE
  uint32_t chunk_size;   // HG_AGENT_CHUNK
  uint64_t chunks;       // counted up when a chunk is ready
  uint64_t session;
  int32_t pid, ppid;     // as getpid and getppid tell: in the process's own pid namespace
  uint64_t created;      // CLOCK_BOOTTIME, ns
  uint64_t ticks;        // the table's clock at that moment; 0 where calls are not asked for
  uint32_t clock;        // 0: CLOCK_MONOTONIC, ns; HG_AGENT_TSC: the processor's counter
  uint32_t python;       // 0x030b02f0 for 3.11.2: PY_VERSION_HEX
  uint8_t method;        // enum hg_agent_method
  uint8_t calls_reason;  // enum hg_agent_reason
  uint8_t environment_reason;
  uint8_t is_fork;       // begun in a child without exec
  /// Written by Honeyguide (pwrite) when the session ends: the agent stops as soon as it sees it.
  uint32_t stop;
  /// What had no room, by kind.
  uint64_t lost_functions;  // code objects
  uint64_t lost_reads;      // of the environment
  char version_text[64];    // Py_GetVersion, up to its first blank
  uint64_t lost_calls;      // calls of the code objects that had no room
  uint64_t own[15];         // the agent's: they share one record, whose first field is lost_calls
};

enum hg_agent_kind { HG_AGENT_FUNCTIONS = 1, HG_AGENT_READS = 2, HG_AGENT_TEXTS = 3 };

/// At the beginning of each chunk. Records follow, 8 bytes aligned.
struct hg_agent_chunk {
  uint32_t kind;
  /// Of functions and reads: records that are complete. Of texts: bytes, this head included.
  uint32_t used;
  uint64_t unused[7];
};

/// One code object: those with the same file, line and names are one. Times are in ticks of the table's clock. A child
/// of fork knows its parent's functions; those without calls and resumes say nothing.
struct hg_agent_function {
  uint64_t calls;       // frames begun
  uint64_t resumes;     // generators and coroutines that went on
  uint64_t ends;        // frames that returned, yielded, or were left by an exception; calls + resumes - ends are unfinished
  uint64_t exceptions;  // of those, left by an exception
  uint64_t total;       // in it and below it; of recursion the outermost alone
  uint64_t self;        // in it
  uint64_t shortest, longest;  // from begin or resume to end; both 0 where nothing has ended
  uint32_t line;        // co_firstlineno
  uint32_t file, name, qualname;  // places of texts; 0: none
  uint64_t own[6];      // the agent's
};

enum hg_agent_read_flag {
  HG_AGENT_READ_SET = 1,
  HG_AGENT_READ_DEFAULT = 2,  // the call passed a default, in `fallback`
  HG_AGENT_READ_ALL = 4,      // all of the environment (iteration, copy, items); no name
};

/// One (name, is set, value, default) that was asked for.
struct hg_agent_read {
  uint64_t count;
  uint64_t first;  // CLOCK_BOOTTIME, ns
  uint32_t flags;
  uint32_t name, value, fallback;  // places of texts; 0: none
  uint64_t own[4];
};

/// A text: its size, then its bytes, and one to eight zeros behind them, up to a multiple of 8.
struct hg_agent_text {
  uint32_t size;       // bytes that are here, at most HG_AGENT_TEXT_LIMIT
  uint32_t full_size;  // bytes that it had
};

_Static_assert(sizeof(struct hg_agent_session) == 32, "");
_Static_assert(sizeof(struct hg_agent_chunk) == 64, "");
_Static_assert(sizeof(struct hg_agent_function) == 128, "");
_Static_assert(sizeof(struct hg_agent_read) == 64, "");
_Static_assert(sizeof(struct hg_agent_header) <= HG_AGENT_PAGE, "");
