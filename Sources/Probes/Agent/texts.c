// SPDX-License-Identifier: Apache-2.0
#include "texts.h"

static struct places texts;

static void put(struct places *set, struct place slot) {
  uint32_t at = slot.hash;
  while (set->slots[at & (set->capacity - 1)].place) at++;
  set->slots[at & (set->capacity - 1)] = slot;
}

static bool grow(struct places *set) {
  struct places larger = {.capacity = set->capacity ? set->capacity * 2 : 512, .used = set->used};
  larger.slots = system_pages(larger.capacity * sizeof *larger.slots);
  if (!larger.slots) return false;
  for (uint32_t at = 0; at < set->capacity; at++)
    if (set->slots[at].place) put(&larger, set->slots[at]);
  if (set->slots) system_munmap(set->slots, set->capacity * sizeof *set->slots);
  *set = larger;
  return true;
}

bool places_add(struct places *set, uint32_t hash, uint32_t place) {
  if (set->used * 2 >= set->capacity && !grow(set)) return false;
  put(set, (struct place){hash, place});
  set->used++;
  return true;
}

void places_clear(struct places *set) {
  if (set->slots) memset(set->slots, 0, set->capacity * sizeof *set->slots);
  set->used = 0;
}

uint32_t table_text(const char *bytes, size_t size) {
  if (!bytes || !size) return 0;
  const uint32_t hash = hash_bytes(bytes, size < HG_AGENT_TEXT_LIMIT ? size : HG_AGENT_TEXT_LIMIT);
  uint32_t at = hash;
  for (struct place *slot; (slot = places_next(&texts, hash, &at));) {
    const char *known = table_bytes(slot->place);
    const struct hg_agent_text *text = (const void *)(known - sizeof *text);
    if (text->full_size == (size < UINT32_MAX ? size : UINT32_MAX) && memcmp(known, bytes, text->size) == 0)
      return slot->place;
  }
  uint32_t place = table_add_text(bytes, size);
  if (place) places_add(&texts, hash, place);
  return place;
}
