// SPDX-License-Identifier: Apache-2.0
// Who asks. The dictionary is told a name, but not the default of os.environ.get, nor that a name is only one step in
// reading them all. Both are known to the frames of the methods in between: those of os.environ's class and its parents.
#include "environment.h"

static struct {
  int64_t name, file, argument_count;
} code_offsets;
/// Of the local variables in a frame, up to 3.10.
static int64_t frame_locals;

/// The few that are met again and again, held so that nothing else comes to lie where they are.
enum { MOST_KNOWN = 24 };
static struct {
  PyObject *code;
  enum asker asker;
} known[MOST_KNOWN];
static size_t known_count;

bool askers_start(void) {
  // Those of an interpreter that has ended are no more.
  known_count = 0;
  code_offsets.name = python_member_offset(python.PyCode_Type, "co_name");
  code_offsets.file = python_member_offset(python.PyCode_Type, "co_filename");
  code_offsets.argument_count = python_member_offset(python.PyCode_Type, "co_argcount");
  // tp_basicsize; the struct ends with the first of them.
  frame_locals = python.PyFrame_Type ? ((int64_t *)python.PyFrame_Type)[4] - 8 : 0;
  if (code_offsets.name < 0 || code_offsets.file < 0 || code_offsets.argument_count < 0) return false;
  if (python_minor() >= 0x30b) return python.PyFrame_GetBack && python.PyFrame_GetCode;
  return frame_locals > 40;
}

static PyObject *member(PyObject *object, int64_t offset) { return *(PyObject **)((char *)object + offset); }

static PyObject *current_frame(void) {
  PyObject *frame = python.PyEval_GetFrame();
  if (frame) python.Py_IncRef(frame);
  return frame;
}

static PyObject *frame_back(PyObject *frame) {
  if (python_minor() >= 0x30b) return python.PyFrame_GetBack(frame);
  PyObject *back = member(frame, 24);
  if (back) python.Py_IncRef(back);
  return back;
}

static PyObject *frame_code(PyObject *frame) {
  if (python_minor() >= 0x30b) return python.PyFrame_GetCode(frame);
  PyObject *code = member(frame, 32);
  python.Py_IncRef(code);
  return code;
}

static const char *text_of_name(PyObject *name) {
  if (!name) return "";
  const char *text = name->type == python.PyString_Type ? python.PyString_AsString(name)
                     : python.PyUnicode_AsUTF8          ? python.PyUnicode_AsUTF8(name)
                                                        : NULL;
  if (!text) python.PyErr_Clear();
  return text ? text : "";
}

static bool contains(const char *text, const char *part) {
  const size_t size = strlen(text), part_size = strlen(part);
  for (size_t at = 0; at + part_size <= size; at++)
    if (memcmp(text + at, part, part_size) == 0) return true;
  return false;
}

/// Whether it is the standard library's, be it a file or a part of the interpreter.
static bool is_of_environ(PyObject *code) {
  const char *file = text_of_name(member(code, code_offsets.file));
  return contains(file, "_collections_abc") || contains(file, "UserDict.py") || contains(file, "/os.py")
         || contains(file, "<frozen os>");
}

static enum asker classify(PyObject *code) {
  for (size_t at = 0; at < known_count; at++)
    if (known[at].code == code) return known[at].asker;
  static const struct {
    const char *name;
    enum asker asker;
  } methods[] = {
      {"__getitem__", ASKER_GET_ITEM}, {"__contains__", ASKER_CONTAINS}, {"__iter__", ASKER_ITERATE},
      {"keys", ASKER_KEYS},            {"get", ASKER_GET},               {"pop", ASKER_POP},
      {"setdefault", ASKER_SETDEFAULT},
  };
  const char *name = text_of_name(member(code, code_offsets.name));
  for (size_t at = 0; at < sizeof methods / sizeof *methods; at++) {
    if (strcmp(name, methods[at].name) != 0) continue;
    if (!is_of_environ(code)) return ASKER_OTHER;
    if (known_count < MOST_KNOWN) {
      python.Py_IncRef(code);
      known[known_count].code = code;
      known[known_count++].asker = methods[at].asker;
    }
    return methods[at].asker;
  }
  return ASKER_OTHER;
}

struct askers askers(void) {
  struct askers found = {ASKER_OTHER, ASKER_OTHER, current_frame(), NULL};
  for (int depth = 0; found.frame; depth++) {
    PyObject *code = frame_code(found.frame);
    const enum asker asker = classify(code);
    if (depth == 0) found.first = asker;
    if (asker == ASKER_GET || asker == ASKER_POP || asker == ASKER_SETDEFAULT) {
      found.second = asker;
      found.code = code;
      break;
    }
    python.Py_DecRef(code);
    PyObject *back = asker == ASKER_GET_ITEM || asker == ASKER_CONTAINS ? frame_back(found.frame) : NULL;
    python.Py_DecRef(found.frame);
    found.frame = back;
  }
  return found;
}

void askers_release(struct askers askers) {
  if (askers.frame) python.Py_DecRef(askers.frame);
  if (askers.code) python.Py_DecRef(askers.code);
}

PyObject *askers_default(const struct askers *askers) {
  enum { DEFAULT = 2 };  // behind self and key
  if (!askers->frame) return NULL;
  PyObject *found = NULL;
  if (*(int *)((char *)askers->code + code_offsets.argument_count) != DEFAULT + 1) return NULL;
  if (python_minor() >= 0x30c) {
    if (!python.PyFrame_GetVarString) return NULL;
    found = python.PyFrame_GetVarString(askers->frame, askers->second == ASKER_SETDEFAULT ? "value" : "default");
    if (!found) python.PyErr_Clear();
  } else {
    char *locals = (char *)askers->frame + frame_locals;
    if (python_minor() == 0x30b) {
      // _PyInterpreterFrame, where the frame object says.
      char *inner = (char *)member(askers->frame, 24);
      if (!inner || *(PyObject **)(inner + 32) != askers->code) return NULL;
      locals = inner + 72;
    }
    found = ((PyObject **)locals)[DEFAULT];
    if (found) python.Py_IncRef(found);
  }
  // None is what comes without a default as well; a plain object is what `pop` takes for "none was passed".
  if (found && (found == python._Py_NoneStruct || found->type == python.PyBaseObject_Type)) {
    python.Py_DecRef(found);
    found = NULL;
  }
  return found;
}

// dict(os.environ) and its like ask for all names, and then for each. That is one read of the whole, not one of each:
// told by the order, and by the instruction in the program that all of it comes from.
static __thread struct {
  PyObject *dictionary;
  ssize_t position;
  const void *frame;
  long instruction;
} whole __attribute__((tls_model("initial-exec")));

/// The first frame that is not a method of os.environ, and where in its code it is.
static const void *outermost(long *instruction) {
  PyObject *frame = current_frame();
  while (frame) {
    PyObject *code = frame_code(frame);
    const enum asker asker = classify(code);
    python.Py_DecRef(code);
    if (asker != ASKER_GET_ITEM && asker != ASKER_ITERATE && asker != ASKER_KEYS) break;
    PyObject *back = frame_back(frame);
    python.Py_DecRef(frame);
    frame = back;
  }
  *instruction = -1;
  if (!frame) return NULL;
  PyObject *at = python.PyObject_GetAttrString(frame, "f_lasti");
  if (at) {
    *instruction = python.PyLong_AsLong(at);
    python.Py_DecRef(at);
  }
  python.PyErr_Clear();
  // Only compared: it runs, so it stays where it is.
  python.Py_DecRef(frame);
  return frame;
}

void whole_begin(PyObject *dictionary) {
  whole.dictionary = dictionary;
  whole.position = 0;
  whole.frame = outermost(&whole.instruction);
}

bool whole_covers(PyObject *dictionary, PyObject *name) {
  // Specialised instructions are followed by a cache, and then count as a little later.
  enum { NEAR = 4 };
  if (likely(whole.dictionary != dictionary)) return false;
  PyObject *key, *value;
  struct text key_text, name_text;
  long instruction;
  bool covers = python.PyDict_Next(dictionary, &whole.position, &key, &value) && bytes_exactly(key, &key_text)
                && bytes_exactly(name, &name_text) && text_equals(key_text, name_text)
                && outermost(&instruction) == whole.frame && instruction - whole.instruction <= NEAR
                && whole.instruction - instruction <= NEAR;
  if (!covers) whole.dictionary = NULL;
  return covers;
}
