// SPDX-License-Identifier: Apache-2.0
// The agent's probes for other tracers and for live streaming: USDT, provider `python`, CPython's names and arguments.
// Whoever listens raises the semaphore, which is looked at before. The place is a nop of one byte. Of one of five bytes Linux
// 6.18 makes a call, which a child of fork has without the memory that it leads to, and so is killed; nor was it faster than the
// trap. docs/probes.md describes them.
#pragma once
#include "agent.h"

extern unsigned short python_function__entry_semaphore __attribute__((visibility("hidden")));
extern unsigned short python_function__return_semaphore __attribute__((visibility("hidden")));
extern unsigned short python_env__read_semaphore __attribute__((visibility("hidden")));

/// File, name and line of a code object: when its frame begins or goes on, and when it returns, yields, or is left by an
/// exception.
void probe_function_entry(const char *file, const char *name, int line);
void probe_function_return(const char *file, const char *name, int line);
/// Name, value ("" where there is none), and whether it is set.
void probe_env_read(const char *name, const char *value, int is_set);
