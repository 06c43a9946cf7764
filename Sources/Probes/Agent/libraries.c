// SPDX-License-Identifier: Apache-2.0
#include "libraries.h"

// Weak: musl's loader has none.
extern struct {
  int version;
  const struct library *first;
} _r_debug __attribute__((weak));
extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));

enum { GNU_HASH = 0x6ffffef5 };

static const struct library *first(void) { return &_r_debug ? _r_debug.first : NULL; }

const struct library *library_initialised_from(const void *address) {
  // The code of a library lies before its dynamic section, and nothing of another in between.
  enum { BEGINNING = 64 };
  const struct library *found = NULL;
  for (const struct library *library = first(); library; library = library->next)
    if ((uintptr_t)library->dynamic > (uintptr_t)address && (!found || library->dynamic < found->dynamic)) found = library;
  if (!found) return NULL;
  // Whatever the layout: it is the right one if the address lies where it begins.
  for (const Elf64_Dyn *entry = found->dynamic; entry->d_tag != DT_NULL; entry++)
    if (entry->d_tag == DT_INIT)
      return (uintptr_t)address - (found->bias + entry->d_un.d_ptr) < BEGINNING ? found : NULL;
  return NULL;
}

bool library_is_there(const struct library *library, const Elf64_Dyn *dynamic) {
  for (const struct library *at = first(); at; at = at->next)
    if (at == library) return at->dynamic == dynamic;
  return false;
}

const struct library *library_of_agent(void) {
  const struct library *library = first();
  while (library && library->dynamic != _DYNAMIC) library = library->next;
  return library;
}

/// The loader has replaced the file's address by that in memory, unless the section is not to be written.
static const void *pointer(const struct library *library, const Elf64_Dyn *entry) {
  const uintptr_t address = entry->d_un.d_ptr;
  return (const void *)(address < library->bias ? library->bias + address : address);
}

void *library_symbol(const struct library *library, const char *name) {
  enum { TYPE = 15 };
  const uint32_t *table = NULL;
  const Elf64_Sym *symbols = NULL;
  const char *names = NULL;
  for (const Elf64_Dyn *entry = library->dynamic; entry->d_tag != DT_NULL; entry++) {
    if (entry->d_tag == GNU_HASH) table = pointer(library, entry);
    if (entry->d_tag == DT_SYMTAB) symbols = pointer(library, entry);
    if (entry->d_tag == DT_STRTAB) names = pointer(library, entry);
  }
  if (!table || !symbols || !names || table[0] == 0 || table[2] == 0) return NULL;
  const uint32_t count = table[0], first_hashed = table[1], words = table[2], shift = table[3];
  const uint64_t *bloom = (const void *)(table + 4);
  const uint32_t *buckets = (const void *)(bloom + words), *chains = buckets + count;
  uint32_t hash = 5381;
  for (const char *at = name; *at; at++) hash = hash * 33 + (unsigned char)*at;
  const uint64_t word = bloom[hash / 64 % words];
  if (!(word >> hash % 64 & word >> (hash >> shift) % 64 & 1)) return NULL;
  uint32_t at = buckets[hash % count];
  if (at < first_hashed) return NULL;
  // The lowest bit of a hash says that it is the last of its bucket.
  for (;; at++) {
    const Elf64_Sym *symbol = &symbols[at];
    const uint32_t hashed = chains[at - first_hashed], type = symbol->st_info & TYPE;
    if (((hashed ^ hash) >> 1) == 0 && symbol->st_shndx != SHN_UNDEF && (type == STT_OBJECT || type == STT_FUNC)
        && strcmp(names + symbol->st_name, name) == 0)
      return (void *)(library->bias + symbol->st_value);
    if (hashed & 1) return NULL;
  }
}
