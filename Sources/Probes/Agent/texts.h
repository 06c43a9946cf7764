// SPDX-License-Identifier: Apache-2.0
// Texts of the table, each kept once.
#pragma once
#include "agent.h"

/// Appends a text to the table; 0 where there is no room.
uint32_t table_add_text(const char *bytes, size_t size);

static inline uint32_t hash_bytes(const char *bytes, size_t size) {
  uint32_t hash = 2166136261u;
  for (size_t at = 0; at < size; at++) hash = (hash ^ (unsigned char)bytes[at]) * 16777619u;
  return hash;
}

/// Sets of places, found by hash: open addressing, never more than half full.
struct places {
  struct place {
    uint32_t hash, place;
  } *slots;
  uint32_t capacity, used;
};
/// The next slot of a hash from `at` on; null behind the last. `at` begins as the hash.
static inline struct place *places_next(const struct places *set, uint32_t hash, uint32_t *at) {
  if (!set->slots) return NULL;
  for (;; ++*at) {
    struct place *slot = &set->slots[*at & (set->capacity - 1)];
    if (!slot->place) return NULL;
    if (slot->hash != hash) continue;
    ++*at;
    return slot;
  }
}
/// False: no memory.
bool places_add(struct places *set, uint32_t hash, uint32_t place);
void places_clear(struct places *set);
