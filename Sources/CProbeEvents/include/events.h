// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What crosses the ring: written by Sources/Probes/Programs, read by Sources/Probes/Decoding.
// Every record begins with an hg_header; its size stands there.
#pragma once

typedef unsigned char hg_u8;
typedef unsigned short hg_u16;
typedef unsigned int hg_u32;
typedef unsigned long long hg_u64;
typedef signed char hg_s8;
typedef int hg_s32;
typedef long long hg_s64;

enum hg_record_type {
  HG_RECORD_FORK = 1,
  HG_RECORD_EXEC,
  HG_RECORD_ARGUMENTS,
  HG_RECORD_EXIT,
  HG_RECORD_PATHS,
  HG_RECORD_SOCKET,
  HG_RECORD_ACT,
  HG_RECORD_SIGNAL,
  HG_RECORD_FILE,
  HG_RECORD_URING,       // an hg_paths whose result is the request
  HG_RECORD_URING_DONE,
  HG_RECORD_EXISTING,         // existing_events.h
  HG_RECORD_EXISTING_FILE,
  HG_RECORD_EXISTING_SOCKET,
  HG_RECORD_ARRIVAL,          // a header alone: somebody is to be described
  HG_RECORD_ENVIRONMENT,      // an hg_arguments with the environment given at an exec, just before that
  HG_RECORD_VARIABLE,
  HG_RECORD_FUNCTION,
};

struct hg_header {
  hg_u32 type;   // enum hg_record_type
  hg_u32 size;   // of the whole record, in bytes
  hg_u64 time;   // nanoseconds since boot
  hg_u64 start;  // start_boottime of the thread group leader
  hg_u32 pid;    // tgid
  hg_u32 tid;
  hg_u32 ppid;
  hg_u32 uid;
  char comm[16];
};

enum hg_text_flag {
  HG_TEXT_ABSENT = 1,      // there is none: the call took no such argument
  HG_TEXT_UNREADABLE = 2,  // the program's memory could not be read
  HG_TEXT_TRUNCATED = 4,   // longer than was kept
  HG_TEXT_DELETED = 8,     // a file without a name
  HG_TEXT_PSEUDO = 16,     // no file of a mounted file system: pipe, socket, memfd, anon_inode
  HG_TEXT_SAME = 32,       // the same as the walk before it
};

// Some bytes of a record's tail; the texts stand there one after the other in the order of the struct's fields.
struct hg_text {
  hg_u16 size;
  hg_u16 flags;  // enum hg_text_flag
};

// A path as its dentries name it, leaf first, "/" before each name: "/hosts/etc". None at all: "/".
// Of a pseudo file the one name that it has.
struct hg_walk {
  hg_u64 inode;  // of a pseudo file
  hg_u32 magic;  // of its file system
  hg_u16 size;
  hg_u16 flags;  // enum hg_text_flag
};

struct hg_fork {
  struct hg_header header;
  hg_u64 child_start;
  hg_u32 child_pid;
  hg_u32 inner_pid;  // in the child's own pid namespace; 0: in no other
};

enum hg_exec_walk { HG_EXEC_EXE, HG_EXEC_CWD, HG_EXEC_STDIN, HG_EXEC_STDOUT, HG_EXEC_STDERR, HG_EXEC_WALKS };

enum hg_exec_flag {
  HG_EXEC_ARGUMENTS_APART = 1,       // in an hg_arguments record of the same thread, just before
  HG_EXEC_ARGUMENTS_UNREADABLE = 2,
  HG_EXEC_ARGUMENTS_LOST = 4,        // there was no room for that record
  HG_EXEC_ENVIRONMENT_APART = 8,     // in an HG_RECORD_ENVIRONMENT of the same thread, just before
  HG_EXEC_ENVIRONMENT_UNREADABLE = 16,
};

// Tail: filename, interpreter, arguments, walks, cgroup.
struct hg_exec {
  struct hg_header header;
  hg_u32 gid;
  hg_u32 euid;
  hg_u32 egid;
  hg_u32 flags;           // enum hg_exec_flag
  hg_u64 arguments_size;  // in the program, terminating zeros included
  hg_u32 arguments_kept;  // here, or in the record before
  struct hg_text filename;
  struct hg_text interpreter;  // absent unless the kernel put one before the file
  hg_u32 inner_pid;            // in its own pid namespace; 0: in no other
  struct hg_walk walks[HG_EXEC_WALKS];
  struct hg_walk cgroup;       // absent: Honeyguide's own
};

// Tail: the arguments, each with its zero.
struct hg_arguments {
  struct hg_header header;
  hg_u32 kept;
  hg_u32 is_cut;  // there were more
};

struct hg_exit {
  struct hg_header header;
  hg_u64 user;     // nanoseconds, as the tick saw them
  hg_u64 system;   // likewise
  hg_u64 runtime;  // nanoseconds on a processor, exact
  hg_u64 max_rss;  // pages
  hg_s32 status;   // as wait(2) gives it
  hg_u32 unused;
};

enum hg_call_event {
  HG_CALL_NONE,
  HG_CALL_EXEC,
  HG_CALL_OPEN,
  HG_CALL_LOOKUP,
  HG_CALL_UNLINK,
  HG_CALL_RMDIR,
  HG_CALL_MKDIR,
  HG_CALL_RENAME,
  HG_CALL_LINK,
  HG_CALL_SYMLINK,
  HG_CALL_TRUNCATE,
  HG_CALL_CHMOD,
  HG_CALL_CHOWN,
  HG_CALL_CHDIR,
  HG_CALL_CONNECT,
  HG_CALL_ACCEPT,
  HG_CALL_LISTEN,
  HG_CALL_BIND,
  HG_CALL_SEND,
  HG_CALL_CLOSE,  // of a TCP connection: no system call
  HG_CALL_MKNOD,
  HG_CALL_MOUNT,
  HG_CALL_UMOUNT,
  HG_CALL_CHROOT,
  HG_CALL_PIVOT_ROOT,
  HG_CALL_SETNS,
  HG_CALL_UNSHARE,
  HG_CALL_SET_ID,
  HG_CALL_NAME,
  HG_CALL_PTRACE,
  HG_CALL_SIGNAL,
  HG_CALL_BYTES,
  HG_CALL_URING,  // a request that is counted only
  HG_CALL_EXISTING,  // of a socket that was there: no system call
  HG_CALL_OUTCOME,  // asks a socket for its error, which may be what became of a connect: of itself nothing is told
};

enum hg_call_flag {
  HG_CALL_ONLY_FAILED = 1,    // success is told by another hook
  HG_CALL_ONCE = 2,           // one event for each process, path and result
  HG_CALL_HOW = 4,            // a and b are the first two members of openat2's struct open_how
  HG_CALL_RESULT_FD = 8,      // on success the path is that of the descriptor that was returned
  HG_CALL_RESULT_CWD = 16,    // on success the path is the new working directory
  HG_CALL_SECOND_TEXT = 32,   // the second path is a text that leads nowhere (a symbolic link's)
  HG_CALL_NO_DESCRIPTOR = 64, // an empty name asks about a descriptor and is no look-up
  HG_CALL_HALVES = 128,       // a and b are the lower and the upper half of one number
  HG_CALL_MOVES = 256,        // the process has another root or other mounts afterwards
  HG_CALL_RESULT_ROOT = 512,  // on success the path is the new root
};

// How a system call takes its paths: an argument's number from 0, or -1 where there is none. Of a call on a socket
// `directory` is the socket, `path` its address and `a` that one's size; `path2` are messages, and `a` how many.
struct hg_call {
  hg_u8 event;   // enum hg_call_event
  hg_u8 takes_paths;  // told by tell_paths; the others by the program of their row
  hg_u16 flags;  // enum hg_call_flag
  hg_s8 directory;
  hg_s8 path;
  hg_s8 directory2;
  hg_s8 path2;
  hg_s8 a;
  hg_s8 b;
  hg_s8 text;  // a text that is no path, kept behind the names
  hg_u8 is_in_32_bit;  // the number means something that is told by the 32-bit convention
};

// The rows of the table: by number the calls of the 64-bit convention, then those of the 32-bit one, then what its
// socketcall is asked for, then the operations of io_uring.
enum { HG_CALLS_32 = 512, HG_CALLS_SOCKETCALL = 992, HG_CALLS_URING = 1024, HG_CALLS = 1152 };

// What the kernel keeps about an open file (FMODE_*, include/linux/fs.h), of which this is the same since Linux 4.19.
enum hg_file_mode { HG_FILE_CREATED = 1 << 20 };  // by the open that it comes from

// Tail: names, text, then walks. A walk is the path itself where a flag of the call says so and the call succeeded,
// otherwise the directory that the name is relative to (absent for an absolute name).
struct hg_paths {
  struct hg_header header;
  hg_s64 result;
  hg_u64 a;
  hg_u64 b;
  hg_u32 call;        // the system call's row
  hg_u8 event;        // enum hg_call_event
  hg_u8 is_resolved;  // walks[0] is the path itself
  hg_u16 has_view;    // an hg_view follows, with texts of its own, at the next multiple of 8
  struct hg_text names[2];
  struct hg_text text;
  hg_u32 file_mode;   // of the file that was opened, enum hg_file_mode; 0: not known
  struct hg_walk walks[2];
};

// One file of one process.
struct hg_file_key {
  hg_u64 start;  // of the process
  hg_u64 inode;
  hg_u32 pid;
  hg_u32 device;      // as the kernel numbers it
  hg_u32 generation;  // of the inode: its number may be used again
  hg_u32 unused;
};

struct hg_file_count {
  hg_u64 read;  // bytes
  hg_u64 written;
  hg_u64 reads;  // calls
  hg_u64 writes;
  hg_u32 is_left_out;
  hg_u32 unused;
};

// A process has moved the first bytes of a file. Tail: the walk.
struct hg_file {
  struct hg_header header;
  struct hg_file_key key;
  struct hg_walk walk;
};

// A request of io_uring that was told is complete. Tail: the walk.
struct hg_uring_done {
  struct hg_header header;
  hg_u64 key;
  hg_s32 result;
  hg_u32 file_mode;     // of the file that was opened; 0: not known
  struct hg_walk walk;  // to it
};

struct hg_uring_key {
  hg_u64 start;  // of the process
  hg_u32 pid;
  hg_u32 operation;
};

struct hg_uring_count {
  struct hg_header header;  // of the first
  hg_u64 count;
};

// Where a path leads for a process with another root or other mounts. Texts: root, then inside.
struct hg_view {
  hg_u32 has_other_mounts;
  hg_u32 unused;
  hg_u32 device[2];          // the file systems of the walks, as the kernel numbers them
  struct hg_walk root;       // the process's
  struct hg_walk inside[2];  // the walks, but within their file systems
};

enum hg_id { HG_ID_UID, HG_ID_EUID, HG_ID_SUID, HG_ID_FSUID, HG_ID_GID, HG_ID_EGID, HG_ID_SGID, HG_ID_FSGID, HG_IDS };

// A system call that takes no path.
struct hg_act {
  struct hg_header header;
  hg_s64 result;
  hg_u64 arguments[4];
  hg_u32 call;   // the system call's row
  hg_u32 event;  // enum hg_call_event
  hg_u32 ids[HG_IDS];  // as they are then; of HG_CALL_SET_ID
};

// A signal between two processes. The header is that of the sender, or of the receiver where only that one is followed.
struct hg_signal {
  struct hg_header header;
  hg_u64 other_start;
  hg_u32 other_pid;
  hg_s32 number;
  hg_u32 is_received;
  char other_comm[16];
  hg_u32 unused;
};

// Who was asked for a variable: the cookie of the uprobe. What a C library for 32-bit programs is asked for is told as
// HG_VARIABLE_LIBC.
enum hg_variable_source { HG_VARIABLE_LIBC, HG_VARIABLE_BASH, HG_VARIABLE_LIBC_32 };

// A variable of the environment that was looked up. Tail: name, value (absent: it is not set, or not known).
struct hg_variable {
  struct hg_header header;
  hg_u32 source;  // enum hg_variable_source
  hg_u32 is_set;
  struct hg_text name;
  struct hg_text value;
};

#include "function_events.h"

// What the options leave out.
enum hg_filter {
  HG_FILTER_UID = 1,
  HG_FILTER_COMM = 2,
  HG_FILTER_EXE = 4,
  HG_FILTER_PATH = 8,
  HG_FILTER_PATH_INCLUDED = 16,  // a path that begins with none of the prefixes is not told
  HG_FILTER_PROCESSES = 32,      // fork, exec and exit are not told
};

enum hg_verdict { HG_VERDICT_LEFT_OUT, HG_VERDICT_TOLD };

// The longest prefix of a path, in bytes (the kernel's tries have no longer keys), and how many there may be.
enum { HG_PREFIX_LIMIT = 256, HG_FILTER_ENTRIES = 256 };

enum hg_loss {
  HG_LOST_RING,        // the ring was full
  HG_LOST_FOLLOW,      // a child could not be marked as followed: no memory
  HG_LOST_CONNECTIONS, // too many TCP connections at once
  HG_LOST_32_BIT,      // a system call in x32 mode
  HG_LOST_FILES,       // too many files whose bytes are counted
  HG_LOST_URING,       // too many requests of io_uring at once
  HG_LOST_ENDS,        // the end of a TCP connection that no hook saw
  HG_LOST_VARIABLES,   // too many threads looked up variables at once
  HG_LOST_FUNCTIONS,   // calls inside Python: too many functions, or too many threads at once
  HG_LOST_INTERNAL,    // a table of ours was not as it must be
  HG_LOSSES,
};

_Static_assert(sizeof(struct hg_header) == 56, "hg_header");
_Static_assert(sizeof(struct hg_fork) == 72, "hg_fork");
_Static_assert(sizeof(struct hg_exec) == 192, "hg_exec");
_Static_assert(sizeof(struct hg_arguments) == 64, "hg_arguments");
_Static_assert(sizeof(struct hg_exit) == 96, "hg_exit");
_Static_assert(sizeof(struct hg_call) == 12, "hg_call");
_Static_assert(sizeof(struct hg_paths) == 136, "hg_paths");
_Static_assert(sizeof(struct hg_file_key) == 32, "hg_file_key");
_Static_assert(sizeof(struct hg_file_count) == 40, "hg_file_count");
_Static_assert(sizeof(struct hg_file) == 104, "hg_file");
_Static_assert(sizeof(struct hg_uring_done) == 88, "hg_uring_done");
_Static_assert(sizeof(struct hg_uring_count) == 64, "hg_uring_count");
_Static_assert(sizeof(struct hg_view) == 64, "hg_view");
_Static_assert(sizeof(struct hg_act) == 136, "hg_act");
_Static_assert(sizeof(struct hg_signal) == 96, "hg_signal");
_Static_assert(sizeof(struct hg_variable) == 72, "hg_variable");
