// SPDX-License-Identifier: Apache-2.0
// Recording a look-up. Programs that ask the same again and again find its record by the hash that Python keeps in the
// name, and compare the bytes; only the first time goes to the table.
#include "environment.h"
#include "probes.h"

enum { RECENT = 256 };
static struct hg_agent_read *recent[RECENT];
static uint32_t recent_epoch;

static bool is_text(uint32_t place, struct text text) {
  if (!place) return text.size == 0;
  const struct hg_agent_text *kept = table_at(place);
  return kept->full_size == text.size && kept->size <= text.size && memcmp(kept + 1, text.bytes, kept->size) == 0;
}

void environment_record(uint32_t flags, PyObject *name, PyObject *value, struct text fallback) {
  if (!table_is_open()) return;
  struct text name_text, value_text = {NULL, 0};
  if (unlikely(!bytes_exactly(name, &name_text))) return;
  if (value && unlikely(!bytes_exactly(value, &value_text))) return;
  if (value) flags |= HG_AGENT_READ_SET;
  // It has just been looked up, so its hash is there.
  const uint64_t hash = ((const uint64_t *)name)[3];
  struct hg_agent_read **slot = &recent[(hash ^ hash >> 8 ^ flags) % RECENT], *read = *slot;
  if (unlikely(recent_epoch != table_epoch)) {
    memset(recent, 0, sizeof recent);
    recent_epoch = table_epoch;
    read = NULL;
  }
  if (likely(read && !python_env__read_semaphore) && read->flags == flags && is_text(read->name, name_text)
      && is_text(read->value, value_text) && is_text(read->fallback, fallback)) {
    read->count++;
    return;
  }
  *slot = read_record(flags, name_text, value_text, fallback);
}
