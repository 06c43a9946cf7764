// SPDX-License-Identifier: Apache-2.0
// What the C library's loader has loaded, as it shows it to debuggers. Asked with the loader's lock, or before there are threads.
#pragma once
#include "system.h"

#include <linux/elf.h>

/// struct link_map, as far as every version of the C library has it.
struct library {
  /// What is to be added to the addresses in its file.
  uintptr_t bias;
  const char *path;
  const Elf64_Dyn *dynamic;
  const struct library *next, *before;
};

/// The library, or executable, whose DT_INIT leads back to this address; null where none is known.
const struct library *library_initialised_from(const void *address);
/// Whether it still is where it was. By its place alone: what it was may be gone, and another lie there.
bool library_is_there(const struct library *library, const Elf64_Dyn *dynamic);
/// The agent itself.
const struct library *library_of_agent(void);
/// A function or an object that the library itself defines and exports; null where there is none.
void *library_symbol(const struct library *library, const char *name);
