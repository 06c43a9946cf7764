// SPDX-License-Identifier: Apache-2.0
// The agent's probes for other tracers and for live streaming: USDT, provider `python`, CPython's names and arguments.
// Whoever listens raises the semaphore, which is looked at before. The nop has five bytes: kernels that can make a jump
// of it do not need a trap.
#pragma once
#include "agent.h"

extern unsigned short python_function__entry_semaphore __attribute__((visibility("hidden")));
extern unsigned short python_function__return_semaphore __attribute__((visibility("hidden")));
extern unsigned short python_env__read_semaphore __attribute__((visibility("hidden")));

/// File, name and line of a code object.
void probe_function_entry(const char *file, const char *name, int line);
void probe_function_return(const char *file, const char *name, int line);
/// Name, value ("" where there is none), and whether it is set.
void probe_env_read(const char *name, const char *value, int is_set);
