// SPDX-License-Identifier: Apache-2.0
// LD_PRELOAD. Python programs see it without the agent, as it would be without Honeyguide; what they give to others has
// the agent in it again, so that those are observed as well. An environment without a single variable stays empty.
#include "environment.h"

static const struct text name = {"LD_PRELOAD", sizeof "LD_PRELOAD" - 1};
/// What was taken away, without a colon.
static char agent[4096];
static size_t agent_size;

/// Where the agent stands in a value: in front, but behind AddressSanitizer's runtime, which refuses to run anywhere else
/// than in front. Gives the size of what is before it.
static size_t place_of_agent(struct text value) {
  static const char *const runtimes[] = {"libasan.so", "libclang_rt.asan"};
  size_t end = 0, name_start = 0;
  for (; end < value.size && value.bytes[end] != ':' && value.bytes[end] != ' '; end++)
    if (value.bytes[end] == '/') name_start = end + 1;
  for (size_t at = 0; at < sizeof runtimes / sizeof *runtimes; at++)
    if (end - name_start >= strlen(runtimes[at]) && memcmp(value.bytes + name_start, runtimes[at], strlen(runtimes[at])) == 0)
      return end;
  return 0;
}

/// Both, one after the other.
static PyObject *joined(struct text first, struct text second) {
  PyObject *whole = bytes_object((struct text){NULL, first.size + second.size});
  struct text text;
  if (!whole || !bytes_exactly(whole, &text)) return whole;
  memcpy((char *)text.bytes, first.bytes, first.size);
  memcpy((char *)text.bytes + first.size, second.bytes, second.size);
  return whole;
}

void preload_hide(PyObject *dictionary) {
  PyObject *key = bytes_object(name), *value = key ? python.PyDict_GetItem(dictionary, key) : NULL;
  struct text text;
  if (value && bytes_exactly(value, &text)) {
    size_t start = 0, end = 0, next = 0;
    for (size_t at = 0, stop; at < text.size; at = stop + 1) {
      for (stop = at; stop < text.size && text.bytes[stop] != ':' && text.bytes[stop] != ' ';) stop++;
      if (session_is_library(text.bytes + at, stop - at)) {
        if (end == 0) start = at;
        end = stop;
        next = stop + 1;
      } else if (end > 0) {
        break;
      }
    }
    if (end > 0 && end - start < sizeof agent) {
      // The same in each interpreter; those may run at the same time.
      if (agent_size == 0) {
        memcpy(agent, text.bytes + start, end - start);
        agent_size = end - start;
      }
      if (start == 0 && end == text.size) {
        python.PyDict_DelItem(dictionary, key);
      } else {
        const struct text before = {text.bytes, end == text.size ? start - 1 : start};
        const struct text behind = {text.bytes + end, 0};
        PyObject *rest = joined(before, end == text.size ? behind : (struct text){text.bytes + next, text.size - next});
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
  for (size_t at = 0; at + agent_size <= visible->size; at++)
    if (memcmp(visible->bytes + at, agent, agent_size) == 0) return NULL;
  const size_t place = place_of_agent(*visible);
  PyObject *whole = bytes_object((struct text){NULL, agent_size + 1 + visible->size});
  struct text text;
  if (!whole || !bytes_exactly(whole, &text)) return whole;
  char *to = (char *)text.bytes;
  memcpy(to, visible->bytes, place);
  to += place;
  if (place > 0) *to++ = ':';
  memcpy(to, agent, agent_size);
  to += agent_size;
  if (place == 0) *to++ = ':';
  memcpy(to, visible->bytes + place, visible->size - place);
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
