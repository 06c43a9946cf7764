// SPDX-License-Identifier: Apache-2.0
#include "python.h"

#include "libraries.h"

struct python python;
uint32_t python_version;

// Weak: nothing has to be there when the library is loaded, and a process without it is left alone.
extern void *dlsym(void *handle, const char *name) __attribute__((weak));

/// Any symbol that the process has; null where there is none.
static void *process_symbol(const char *name) { return dlsym(NULL /* RTLD_DEFAULT */, name); }

static void *symbol(const struct library *library, const char *name) {
  return library ? library_symbol(library, name) : process_symbol(name);
}

/// "3.13.0rc2+ (main, ..." -> 0x030d00c2.
static uint32_t parse_version(const char *text) {
  uint32_t parts[3] = {0, 0, 0}, level = 0xf0;
  for (int part = 0; part < 3; part++) {
    while (*text >= '0' && *text <= '9') parts[part] = parts[part] * 10 + (uint32_t)(*text++ - '0');
    if (part < 2 && *text == '.') text++;
  }
  if (*text == 'a' || *text == 'b' || *text == 'r') {
    level = *text == 'a' ? 0xa0 : *text == 'b' ? 0xb0 : 0xc0;
    while (*text >= 'a' && *text <= 'z') text++;
    while (*text >= '0' && *text <= '9') level = (level & 0xf0) | ((level & 0xf) * 10 + (uint32_t)(*text++ - '0'));
  }
  return parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | level;
}

bool python_resolve(const struct library *library) {
  if (!dlsym) return false;
#define RESOLVE(result, name, parameters) \
  if (!(*(void **)&python.name = symbol(library, #name))) return false;
  PYTHON_FUNCTIONS(RESOLVE)
#undef RESOLVE
#define RESOLVE(result, name, parameters) *(void **)&python.name = symbol(library, #name);
  PYTHON_OPTIONAL(RESOLVE)
#undef RESOLVE
#define RESOLVE(result, name, parameters) *(void **)&python.name = process_symbol(#name);
  PYTHON_PROCESS(RESOLVE)
#undef RESOLVE
#define RESOLVE(name) python.name = symbol(library, #name);
  PYTHON_OBJECTS(RESOLVE)
#undef RESOLVE
  if (!python._Py_NoneStruct || !python.PyCode_Type) return false;
  python_version = parse_version(python.Py_GetVersion());
  return python_minor() == 0x207 || python_minor() >= 0x306;
}

void python_at_fork(void (*in_child)(void)) {
  static bool registered;
  static int handle;
  if (registered || !python.__register_atfork) return;
  registered = python.__register_atfork(NULL, NULL, in_child, &handle) == 0;
}

bool python_is_main_interpreter(void) {
  PyObject *current, *first;
  if (python.PyInterpreterState_Get && python.PyInterpreterState_Main)
    return python.PyInterpreterState_Get() == python.PyInterpreterState_Main();
  // PyThreadState begins with its links, one of them up to 2.7 and two from 3.4 on, and its interpreter. The list of
  // interpreters ends with the first that was made.
  current = ((PyObject **)python.PyThreadState_Get())[python_minor() < 0x300 ? 1 : 2];
  first = python.PyInterpreterState_Head();
  for (PyObject *next; first && (next = python.PyInterpreterState_Next(first));) first = next;
  return current == first;
}

bool python_is_free_threaded(void) {
  static const char word[] = "free-threading";
  for (const char *at = python.Py_GetVersion(); *at; at++)
    if (strncmp(at, word, sizeof word - 1) == 0) return true;
  return false;
}

int64_t python_member_offset(PyObject *type, const char *name) {
  enum { SLOT_MEMBERS = 72, PLACE_MEMBERS = 240 };
  // PyType_GetSlot serves static types since 3.10. Before, tp_members was at one place, since 2.2.
  const struct python_member *members = python_minor() >= 0x30a && python.PyType_GetSlot
    ? python.PyType_GetSlot(type, SLOT_MEMBERS)
    : *(const struct python_member **)((char *)type + PLACE_MEMBERS);
  for (; members && members->name; members++)
    if (strcmp(members->name, name) == 0) return members->offset;
  return -1;
}
