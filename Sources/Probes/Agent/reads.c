// SPDX-License-Identifier: Apache-2.0
// Reads of the environment in the table: one record for each (name, is set, value, default).
#include "probes.h"
#include "texts.h"

static struct places reads;

void reads_forget(void) { places_clear(&reads); }

struct hg_agent_read *read_record(uint32_t flags, struct text name, struct text value, struct text fallback) {
  if (!table_is_open()) return NULL;
  const uint32_t name_place = table_text(name.bytes, name.size);
  const uint32_t value_place = table_text(value.bytes, value.size);
  const uint32_t fallback_place = table_text(fallback.bytes, fallback.size);
  if (unlikely(python_env__read_semaphore))
    probe_env_read(table_bytes(name_place), table_bytes(value_place), !!(flags & HG_AGENT_READ_SET));
  if ((name.size && !name_place) || (value.size && !value_place) || (fallback.size && !fallback_place)) {
    table_header->lost_reads++;
    return NULL;
  }
  const uint32_t key[] = {flags, name_place, value_place, fallback_place};
  const uint32_t hash = hash_bytes((const char *)key, sizeof key);
  uint32_t at = hash;
  for (struct place *slot; (slot = places_next(&reads, hash, &at));) {
    struct hg_agent_read *read = table_at(slot->place);
    if (memcmp(&read->flags, key, sizeof key) != 0) continue;
    read->count++;
    return read;
  }
  struct hg_agent_read *read = table_room(HG_AGENT_READS);
  if (!read) {
    table_header->lost_reads++;
    return NULL;
  }
  read->count = 1;
  read->first = system_nanoseconds(CLOCK_BOOTTIME);
  memcpy(&read->flags, key, sizeof key);
  table_added(HG_AGENT_READS);
  places_add(&reads, hash, table_place(read));
  return read;
}
