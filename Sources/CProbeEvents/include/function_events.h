// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Calls inside Python, counted from outside: how an interpreter's probes lead to what is called, and what is counted.
#pragma once

// How a program comes from a probe to the frame that begins or ends there.
enum hg_frame_way {
  HG_FRAME_FIRST,   // it is the function's first argument
  HG_FRAME_SECOND,  // its second
  HG_FRAME_THREAD,  // it is the current one of the interpreter's current thread
};

enum hg_interpreter_flag {
  HG_INTERPRETER_INDIRECT = 1,  // at `state` stands the address of what holds the current thread at `state_step`
  HG_INTERPRETER_BYTES = 2,     // texts are Python 2's, of bytes
};

// Where things lie in one interpreter: Sources/Probes/Outside/PythonLayout.swift. Offsets in bytes.
struct hg_interpreter {
  hg_s64 state[2];  // from the probe at begin, and at end, to where the current thread's address stands
  hg_u32 state_step;
  hg_u8 way;    // enum hg_frame_way
  hg_u8 flags;  // enum hg_interpreter_flag
  hg_u8 resume[2];      // the instructions that a frame begins or goes on with; 0: `position` is a number, below 0 at the begin
  hg_u16 thread_frames, frames_frame;  // from the current thread over one structure to the frame
  hg_u16 frame_code, frame_position;
  hg_u16 code_line, code_file, code_name, code_qualname;  // the last 0: it has none
  hg_u8 unstarted;      // the instruction that a generator is at before its first
  hg_u8 frame_size, code_size;  // of what is read of a frame, and of a code object, from HG_PYTHON_HEAD on
  hg_u8 unused;
};

// What frames and code objects begin with, and nobody asks for; and how much behind it is read at most.
enum { HG_PYTHON_HEAD = 32, HG_PYTHON_PART = 104 };

// A function (code object) of one program of a process: what it is called stands in the hash.
struct hg_function_key {
  hg_u64 start;  // of the process
  hg_u64 hash[2];
  hg_u32 pid;
  hg_u32 program;  // how many execs before it
};

// Times in nanoseconds.
struct hg_function_count {
  hg_u64 calls, resumes, ends;
  hg_u64 total, own, shortest, longest;
  hg_u64 timed;  // how many times from a begin to an end there are
  hg_u64 thread;  // the one whose frames of it are counted here
  hg_u64 depth;   // how many of them there are
};

// What a text consists of: bytes of UTF-8 or unknown, or characters of that many bytes.
enum hg_text_kind { HG_TEXT_BYTES, HG_TEXT_LATIN1, HG_TEXT_UCS2, HG_TEXT_UCS4 = 4 };
enum { HG_FUNCTION_FILE, HG_FUNCTION_NAME, HG_FUNCTION_QUALNAME, HG_FUNCTION_TEXTS };

// A function was called for the first time. Tail: its texts.
struct hg_function {
  struct hg_header header;
  struct hg_function_key key;
  hg_u32 line;
  hg_u32 interpreter;  // the cookie of the uprobe
  struct hg_text texts[HG_FUNCTION_TEXTS];
  hg_u8 kinds[HG_FUNCTION_TEXTS];  // enum hg_text_kind
  hg_u8 unused;
};

enum { HG_INTERPRETERS = 64 };

_Static_assert(sizeof(struct hg_interpreter) == 48, "hg_interpreter");
_Static_assert(sizeof(struct hg_function_key) == 32, "hg_function_key");
_Static_assert(sizeof(struct hg_function_count) == 80, "hg_function_count");
_Static_assert(sizeof(struct hg_function) == 112, "hg_function");
