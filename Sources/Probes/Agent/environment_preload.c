// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD. Python programs see it without the agent, as it would be without Honeyguide; what they give to others has
// the agent in front again, so that those are observed as well. An environment without a single variable stays empty.
#include "environment.h"

static const struct text name = {"LD_PRELOAD", sizeof "LD_PRELOAD" - 1};
/// What was taken away, up to the colon.
static char agent[4096];
static size_t agent_size;

void preload_hide(PyObject *dictionary) {
  PyObject *key = bytes_object(name), *value = key ? python.PyDict_GetItem(dictionary, key) : NULL;
  struct text text;
  if (value && bytes_exactly(value, &text)) {
    size_t end = 0, next = 0;
    while (next < text.size) {
      size_t stop = next;
      while (stop < text.size && text.bytes[stop] != ':' && text.bytes[stop] != ' ') stop++;
      if (!session_is_library(text.bytes + next, stop - next)) break;
      end = stop;
      next = stop + 1;
    }
    if (end > 0 && end < sizeof agent) {
      // The same in each interpreter; those may run at the same time.
      if (agent_size == 0) {
        memcpy(agent, text.bytes, end);
        agent_size = end;
      }
      if (end == text.size) {
        python.PyDict_DelItem(dictionary, key);
      } else {
        PyObject *rest = bytes_object((struct text){text.bytes + next, text.size - next});
        if (rest) python.PyDict_SetItem(dictionary, key, rest);
        if (rest) python.Py_DecRef(rest);
      }
    }
  }
  if (key) python.Py_DecRef(key);
  python.PyErr_Clear();
}

PyObject *preload_restore(const struct text *visible) {
  if (agent_size == 0 || table_header->stop == TABLE_STOPPED) return NULL;
  if (!visible) return bytes_object((struct text){agent, agent_size});
  // It may have been read elsewhere, with the agent in it.
  if (visible->size >= agent_size && memcmp(visible->bytes, agent, agent_size) == 0) return NULL;
  PyObject *whole = bytes_object((struct text){NULL, agent_size + 1 + visible->size});
  struct text text;
  if (!whole || !bytes_exactly(whole, &text)) return whole;
  char *to = (char *)text.bytes;
  memcpy(to, agent, agent_size);
  to[agent_size] = ':';
  memcpy(to + agent_size + 1, visible->bytes, visible->size);
  return whole;
}

bool preload_is_name(PyObject *object) {
  struct bytes_of bytes = bytes_of(object);
  bool is = bytes.text.bytes && text_equals(bytes.text, name);
  bytes_release(bytes);
  return is;
}

PyObject *preload_mapping(PyObject *mapping) {
  // The same names and values in the same order; what is wrong with it, the stock function says.
  PyObject *copy = agent_size ? python.PyDict_New() : NULL;
  if (!copy) return NULL;
  bool changed = false;
  if (mapping != python._Py_NoneStruct && python.PyDict_Update(copy, mapping) == 0 && python.PyDict_Size(copy) > 0) {
    PyObject *key, *value, *found = NULL, *found_key = NULL;
    for (ssize_t at = 0; python.PyDict_Next(copy, &at, &key, &value);) {
      if (!preload_is_name(key)) continue;
      found_key = key;
      found = value;
    }
    struct bytes_of visible = bytes_of(found);
    PyObject *made = found_key ? NULL : bytes_object(name);
    PyObject *restored = found && !visible.text.bytes ? NULL : preload_restore(found ? &visible.text : NULL);
    if (restored && (found_key || made)) changed = python.PyDict_SetItem(copy, found_key ? found_key : made, restored) == 0;
    bytes_release(visible);
    if (made) python.Py_DecRef(made);
    if (restored) python.Py_DecRef(restored);
  }
  python.PyErr_Clear();
  if (changed) return copy;
  python.Py_DecRef(copy);
  return NULL;
}

PyObject *preload_list(PyObject *list) {
  const ssize_t count = agent_size && list->type == python.PyList_Type ? python.PyList_Size(list) : 0;
  PyObject *copy = count > 0 ? python.PyList_GetSlice(list, 0, count) : NULL;
  if (!copy) return NULL;
  struct text text, visible = {NULL, 0};
  ssize_t place = count;
  for (ssize_t at = 0; at < count; at++) {
    if (!bytes_exactly(python.PyList_GetItem(copy, at), &text)) continue;
    if (text.size <= name.size || text.bytes[name.size] != '=' || memcmp(text.bytes, name.bytes, name.size) != 0) continue;
    visible = (struct text){text.bytes + name.size + 1, text.size - name.size - 1};
    place = at;
    break;
  }
  PyObject *restored = preload_restore(place < count ? &visible : NULL), *entry = NULL;
  if (restored && bytes_exactly(restored, &text)) {
    entry = bytes_object((struct text){NULL, name.size + 1 + text.size});
    struct text whole;
    if (entry && bytes_exactly(entry, &whole)) {
      char *to = (char *)whole.bytes;
      memcpy(to, name.bytes, name.size);
      to[name.size] = '=';
      memcpy(to + name.size + 1, text.bytes, text.size);
    }
  }
  bool changed = false;
  if (entry && place == count) changed = python.PyList_Append(copy, entry) == 0;
  if (entry && place < count) {
    python.Py_IncRef(entry);  // taken by the list
    changed = python.PyList_SetItem(copy, place, entry) == 0;
  }
  if (restored) python.Py_DecRef(restored);
  if (entry) python.Py_DecRef(entry);
  python.PyErr_Clear();
  if (changed) return copy;
  python.Py_DecRef(copy);
  return NULL;
}
