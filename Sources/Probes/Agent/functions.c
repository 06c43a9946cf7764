// SPDX-License-Identifier: Apache-2.0
#include "functions.h"
#include "subscripts.h"
#include "texts.h"

enum { FIRST_SHIFT = 64 - 11 };
/// CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR; CO_OPTIMIZED, CO_NEWLOCALS.
enum { CODE_RESUMES = 0x20 | 0x80 | 0x200, CODE_IS_FUNCTION = 1 | 2 };

struct known_functions known_functions = {.shift = FIRST_SHIFT};
/// The records, by what they say.
static struct places functions;

static size_t capacity(unsigned shift) { return (size_t)1 << (64 - shift); }

bool functions_start(void) {
  known_functions.file = python_member_offset(python.PyCode_Type, "co_filename");
  known_functions.line = python_member_offset(python.PyCode_Type, "co_firstlineno");
  known_functions.flags = python_member_offset(python.PyCode_Type, "co_flags");
  known_functions.name = python_member_offset(python.PyCode_Type, "co_qualname");
  if (known_functions.name < 0) known_functions.name = python_member_offset(python.PyCode_Type, "co_name");
  // The code objects of an interpreter that has ended, and the names that are held of them, must not be touched. Their
  // records are found again by what they say.
  if (known_functions.used > 0)
    memset(known_functions.slots, 0, capacity(known_functions.shift) * sizeof *known_functions.slots);
  known_functions.used = 0;
  if (!known_functions.slots) known_functions.slots = system_pages(capacity(FIRST_SHIFT) * sizeof(struct known_function));
  return known_functions.slots && known_functions.file > 0 && known_functions.line > 0 && known_functions.flags > 0
         && known_functions.name > 0;
}

static struct known_function *slot_of(PyObject *code) {
  size_t at = known_place(code);
  while (known_functions.slots[at].code && known_functions.slots[at].code != code)
    at = (at + 1) & (capacity(known_functions.shift) - 1);
  return &known_functions.slots[at];
}

static bool grow(void) {
  struct known_function *old = known_functions.slots;
  const size_t count = capacity(known_functions.shift);
  struct known_function *slots = system_pages(count * 2 * sizeof *slots);
  if (!slots) return false;
  known_functions.slots = slots;
  known_functions.shift--;
  for (size_t at = 0; at < count; at++)
    if (old[at].code) *slot_of(old[at].code) = old[at];
  system_munmap(old, count * sizeof *old);
  return true;
}

/// The bytes of a str or, of Python 2, of its str; in `holder` an object to be released, where it is not null.
static struct text text_of(PyObject *object, PyObject **holder) {
  char *bytes = NULL;
  ssize_t size = 0;
  *holder = NULL;
  if (!object) return (struct text){NULL, 0};
  if (python_minor() < 0x300) {
    if (python.PyString_AsStringAndSize(object, &bytes, &size) != 0) python.PyErr_Clear();
  } else {
    // Not PyUnicode_AsUTF8, which knows nothing of undecodable bytes in a path, and makes the object larger.
    *holder = python.PyUnicode_AsEncodedString(object, "utf-8", "surrogateescape");
    if (!*holder) {
      python.PyErr_Clear();
      *holder = python.PyUnicode_AsEncodedString(object, "utf-8", "surrogatepass");
    }
    if (!*holder || python.PyBytes_AsStringAndSize(*holder, &bytes, &size) != 0) python.PyErr_Clear();
  }
  return (struct text){bytes, bytes ? (size_t)size : 0};
}

static uint32_t keep_text(PyObject *object) {
  PyObject *holder;
  struct text text = text_of(object, &holder);
  uint32_t place = table_text(text.bytes, text.size);
  if (holder) python.Py_DecRef(holder);
  return place;
}

static struct hg_agent_function *lost(void) { return (struct hg_agent_function *)&table_header->lost_calls; }

/// The record that says this of itself; a new one where there is none yet.
static struct hg_agent_function *record(uint32_t line, uint32_t file, uint32_t name, uint32_t qualname, uint64_t kind) {
  const uint32_t key[] = {line, file, name, qualname};
  const uint32_t hash = hash_bytes((const char *)key, sizeof key);
  uint32_t at = hash;
  for (struct place *slot; (slot = places_next(&functions, hash, &at));) {
    struct hg_agent_function *function = table_at(slot->place);
    if (memcmp(&function->line, key, sizeof key) == 0) return function;
  }
  struct hg_agent_function *function = table_room(HG_AGENT_FUNCTIONS);
  if (!function || !places_add(&functions, hash, table_place(function))) return NULL;
  memcpy(&function->line, key, sizeof key);
  function->own[FUNCTION_KIND] = kind;
  table_added(HG_AGENT_FUNCTIONS);
  return function;
}

static uint64_t kind_of(PyObject *code, PyObject *name) {
  const int flags = code_number(code, known_functions.flags);
  uint64_t kind = flags & CODE_RESUMES ? FUNCTION_RESUMES : 0;
  if (!subscripts_escape) return kind;
  if (!(flags & CODE_IS_FUNCTION)) kind |= FUNCTION_IS_BODY;
  PyObject *holder;
  const struct text text = text_of(name, &holder);
  static const char subscript[] = "__getitem__";
  if (text.size == sizeof subscript - 1 && memcmp(text.bytes, subscript, text.size) == 0) kind |= FUNCTION_IS_SUBSCRIPT;
  if (holder) python.Py_DecRef(holder);
  return kind;
}

static struct hg_agent_function *describe(PyObject *code) {
  PyObject *name = python.PyObject_GetAttrString(code, "co_name");
  PyObject *file = python.PyObject_GetAttrString(code, "co_filename");
  PyObject *qualname = NULL;
  if (python_minor() >= 0x30b) qualname = python.PyObject_GetAttrString(code, "co_qualname");
  struct hg_agent_function *function = NULL;
  // The layout is found by name, and still every code object shows that it is right.
  if (name && file && code_object(code, known_functions.file) == file
      && code_object(code, known_functions.name) == (qualname ? qualname : name)) {
    const uint32_t file_place = keep_text(file), name_place = keep_text(name), qualname_place = keep_text(qualname);
    if (file_place && name_place && (!qualname || qualname_place))
      function = record((uint32_t)code_number(code, known_functions.line), file_place, name_place, qualname_place,
                        kind_of(code, name));
  }
  if (name) python.Py_DecRef(name);
  if (file) python.Py_DecRef(file);
  if (qualname) python.Py_DecRef(qualname);
  return function;
}

cold struct hg_agent_function *function_learn(PyObject *code) {
  PyObject *name = code_object(code, known_functions.name), *file = code_object(code, known_functions.file);
  struct known_function *known = slot_of(code);
  // Of those without room the line is not kept.
  if (known->code && known->function == lost() && known->name == name && known->file == file) return known->function;
  if (!known->code) {
    if ((known_functions.used + 1) * 2 > capacity(known_functions.shift) && !grow()) return lost();
    known = slot_of(code);
  }
  struct python_error error = python_put_aside();
  struct hg_agent_function *function = describe(code);
  python.PyErr_Clear();
  if (!function) {
    function = lost();
    table_header->lost_functions++;
  }
  const struct known_function before = *known;
  python.Py_IncRef(name);
  python.Py_IncRef(file);
  *known = (struct known_function){code, name, file, function};
  if (before.code) {
    python.Py_DecRef(before.name);
    python.Py_DecRef(before.file);
  } else {
    known_functions.used++;
  }
  python_put_back(error);
  return function;
}
