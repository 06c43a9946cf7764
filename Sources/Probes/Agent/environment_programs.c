// SPDX-License-Identifier: Apache-2.0
// The functions that start other programs or change their environment: posix.execve and posix_spawn, the one of the
// module subprocess, putenv and unsetenv. The function objects stay the program's; what they lead to is replaced.
#include "environment.h"

typedef PyObject *with_tuple(PyObject *self, PyObject *arguments);
/// METH_FASTCALL: the names were always passed in 3.6, later only to functions that take them.
typedef PyObject *with_array(PyObject *self, PyObject *const *arguments, ssize_t count, PyObject *names);

enum way { MAPPING, LIST, PUT, UNSET, MODULE };
struct follow {
  const char *name;
  enum way way;
  ssize_t index;  // of the argument that is looked at
  void *with_tuple, *with_array, *with_one;
  struct python_method *method;
  void *stock;
};
static void follow(PyObject *module, struct follow *function);

enum { MOST_ARGUMENTS = 32 };
#define FOLLOWED(X)                                                                                                    \
  X(execve, MAPPING, 2) X(posix_spawn, MAPPING, 2) X(posix_spawnp, MAPPING, 2) X(fork_exec, LIST, 5) X(putenv, PUT, 0) \
  X(unsetenv, UNSET, 0) X(create_builtin, MODULE, 0) X(create_dynamic, MODULE, 0)
#define DECLARE(name, way, index) static struct follow follow_##name;
FOLLOWED(DECLARE)
#undef DECLARE

static PyObject *call(const struct follow *function, PyObject *self, PyObject *const *arguments, ssize_t count,
                      PyObject *names) {
  const int convention = function->method->flags & (PYTHON_VARARGS | PYTHON_O | PYTHON_FASTCALL);
  if (convention == PYTHON_FASTCALL) return ((with_array *)function->stock)(self, arguments, count, names);
  if (convention == PYTHON_O) return ((with_tuple *)function->stock)(self, arguments[0]);
  PyObject *tuple = python.PyTuple_New(count);
  if (!tuple) return NULL;
  for (ssize_t at = 0; at < count; at++) {
    python.Py_IncRef(arguments[at]);
    python.PyTuple_SetItem(tuple, at, arguments[at]);
  }
  PyObject *result = ((with_tuple *)function->stock)(self, tuple);
  python.Py_DecRef(tuple);
  return result;
}

/// In 3.6 all functions with an array are passed names.
static bool takes_names(const struct follow *function) {
  return (function->method->flags & PYTHON_KEYWORDS) || python_minor() == 0x306;
}

/// The place of the environment among the arguments; -1 where it is not there.
static ssize_t find(const struct follow *function, ssize_t count, PyObject *names) {
  if (count > function->index) return function->index;
  const ssize_t named = names ? python.PyTuple_Size(names) : 0;
  for (ssize_t at = 0; at < named; at++) {
    struct bytes_of name = bytes_of(python.PyTuple_GetItem(names, at));
    const bool is = name.text.bytes && text_equals(name.text, (struct text){"env", 3});
    bytes_release(name);
    if (is) return count + at;
  }
  return -1;
}

/// os.putenv("LD_PRELOAD", ...): the agent stays in front. os.unsetenv("LD_PRELOAD"): the agent alone stays.
static PyObject *put(const struct follow *function, PyObject *self, PyObject *const *arguments, ssize_t count,
                     PyObject *names) {
  const struct follow *putenv = &follow_putenv;
  PyObject *restored = NULL;
  if (count == (function->way == PUT ? 2 : 1) && putenv->stock && preload_is_name(arguments[0])) {
    struct bytes_of visible = bytes_of(function->way == PUT ? arguments[1] : NULL);
    if (function->way == UNSET || visible.text.bytes)
      restored = preload_restore(function->way == PUT ? &visible.text : NULL);
    bytes_release(visible);
  }
  if (!restored) return call(function, self, arguments, count, names);
  PyObject *const changed[] = {arguments[0], restored};
  PyObject *result = call(putenv, self, changed, 2, NULL);
  python.Py_DecRef(restored);
  return result;
}

static PyObject *pass(const struct follow *function, PyObject *self, PyObject *const *arguments, ssize_t count,
                      PyObject *names) {
  const ssize_t all = count + (names ? python.PyTuple_Size(names) : 0);
  if (function->way == MODULE) {
    PyObject *module = call(function, self, arguments, count, names);
    const char *name = module && !follow_fork_exec.stock ? python.PyModule_GetName(module) : NULL;
    if (name && strcmp(name, "_posixsubprocess") == 0) follow(module, &follow_fork_exec);
    if (module) python.PyErr_Clear();
    return module;
  }
  if (all > MOST_ARGUMENTS) return call(function, self, arguments, count, names);
  if (function->way == PUT || function->way == UNSET) return put(function, self, arguments, count, names);
  const ssize_t place = find(function, count, names);
  PyObject *changed =
      place < 0 ? NULL : function->way == LIST ? preload_list(arguments[place]) : preload_mapping(arguments[place]);
  if (!changed) return call(function, self, arguments, count, names);
  PyObject *copy[MOST_ARGUMENTS];
  memcpy(copy, arguments, (size_t)all * sizeof *copy);
  copy[place] = changed;
  PyObject *result = call(function, self, copy, count, names);
  python.Py_DecRef(changed);
  return result;
}

static PyObject *pass_tuple(const struct follow *function, PyObject *self, PyObject *tuple) {
  PyObject *arguments[MOST_ARGUMENTS];
  const ssize_t count = python.PyTuple_Size(tuple);
  if (count > MOST_ARGUMENTS) return ((with_tuple *)function->stock)(self, tuple);
  for (ssize_t at = 0; at < count; at++) arguments[at] = python.PyTuple_GetItem(tuple, at);
  return pass(function, self, arguments, count, NULL);
}

#define DEFINE(name, way, index)                                                                                       \
  static PyObject *name##_with_tuple(PyObject *self, PyObject *tuple) {                                                \
    return pass_tuple(&follow_##name, self, tuple);                                                                    \
  }                                                                                                                    \
  static PyObject *name##_with_array(PyObject *self, PyObject *const *arguments, ssize_t count, PyObject *names) {     \
    return pass(&follow_##name, self, arguments, count, takes_names(&follow_##name) ? names : NULL);                   \
  }                                                                                                                    \
  static PyObject *name##_with_one(PyObject *self, PyObject *argument) {                                               \
    return pass(&follow_##name, self, &argument, 1, NULL);                                                             \
  }                                                                                                                    \
  static struct follow follow_##name = {#name, way, index, name##_with_tuple, name##_with_array, name##_with_one,      \
                                        NULL, NULL};
FOLLOWED(DEFINE)

/// Writes a pointer where the kernel says that it can be written; a table of methods could be constant.
static bool write_pointer(void **to, void *value) {
  struct {
    void *base;
    size_t size;
  } from = {&value, sizeof value}, target = {to, sizeof value};
  return system6(__NR_process_vm_writev, system6(__NR_getpid, 0, 0, 0, 0, 0, 0), (long)&from, 1, (long)&target, 1, 0)
         == sizeof value;
}

static void follow(PyObject *module, struct follow *function) {
  if (function->stock) return;
  PyObject *object = python.PyObject_GetAttrString(module, function->name);
  if (!object) {
    python.PyErr_Clear();
    return;
  }
  // PyCFunctionObject: head, definition.
  struct python_method *method =
      object->type == python.PyCFunction_Type ? ((struct python_method **)object)[2] : NULL;
  python.Py_DecRef(object);
  if (!method || strcmp(method->name, function->name) != 0) return;
  void *replacement = NULL;
  switch (method->flags & (PYTHON_VARARGS | PYTHON_KEYWORDS | PYTHON_O | PYTHON_FASTCALL)) {
    case PYTHON_VARARGS:
      replacement = function->with_tuple;
      break;
    case PYTHON_FASTCALL:
    case PYTHON_FASTCALL | PYTHON_KEYWORDS:
      replacement = function->with_array;
      break;
    case PYTHON_O:
      replacement = function->with_one;
      break;
    default:
      return;
  }
  function->method = method;
  function->stock = method->function;
  if (!write_pointer(&method->function, replacement)) function->stock = NULL;
}

void preload_follow(PyObject *posix_module) {
  follow(posix_module, &follow_execve);
  follow(posix_module, &follow_posix_spawn);
  follow(posix_module, &follow_posix_spawnp);
  follow(posix_module, &follow_putenv);
  follow(posix_module, &follow_unsetenv);
  if (python_minor() < 0x300) return;
  // What subprocess calls is in a module that is loaded later.
  PyObject *import = python.PyImport_AddModule("_imp");
  if (!import) return;
  follow(import, &follow_create_builtin);
  follow(import, &follow_create_dynamic);
}
