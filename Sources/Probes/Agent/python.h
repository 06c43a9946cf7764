// SPDX-License-Identifier: Apache-2.0
// CPython as far as the agent needs it, without Python.h: one object serves every version. Functions are found by name
// when the process starts; objects are only looked into where a layout has never changed, or is known for the version.
#pragma once
#include "system.h"

struct library;
typedef struct python_object PyObject;
struct python_object {
  int64_t references;
  PyObject *type;
};

typedef PyObject *python_function(PyObject *self, PyObject *arguments);
struct python_method {
  const char *name;
  void *function;
  int flags;
  const char *documentation;
};
enum { PYTHON_VARARGS = 1, PYTHON_KEYWORDS = 2, PYTHON_NOARGS = 4, PYTHON_O = 8, PYTHON_FASTCALL = 0x80 };

/// PyMemberDef: where a type's member lies.
struct python_member {
  const char *name;
  int type;
  int64_t offset;
  int flags;
  const char *documentation;
};

// What every version from 2.7 on has: result, name, parameters.
#define PYTHON_FUNCTIONS(X)                                                                                            \
  X(const char *, Py_GetVersion, (void))                                                                               \
  X(void, Py_IncRef, (PyObject *))                                                                                     \
  X(void, Py_DecRef, (PyObject *))                                                                                     \
  X(PyObject *, PyErr_Occurred, (void))                                                                                \
  X(void, PyErr_Clear, (void))                                                                                         \
  X(void, PyErr_Fetch, (PyObject **, PyObject **, PyObject **))                                                        \
  X(void, PyErr_Restore, (PyObject *, PyObject *, PyObject *))                                                         \
  X(PyObject *, PyObject_GetAttrString, (PyObject *, const char *))                                                    \
  X(int, PyObject_SetAttrString, (PyObject *, const char *, PyObject *))                                               \
  X(PyObject *, PyObject_CallObject, (PyObject *, PyObject *))                                                         \
  X(PyObject *, PyObject_Call, (PyObject *, PyObject *, PyObject *))                                                   \
  X(PyObject *, PyImport_AddModule, (const char *))                                                                    \
  X(PyObject *, PyModule_GetDict, (PyObject *))                                                                        \
  X(PyObject *, PyTuple_New, (ssize_t))                                                                                \
  X(int, PyTuple_SetItem, (PyObject *, ssize_t, PyObject *))                                                           \
  X(PyObject *, PyTuple_GetItem, (PyObject *, ssize_t))                                                                \
  X(ssize_t, PyTuple_Size, (PyObject *))                                                                               \
  X(PyObject *, PyDict_New, (void))                                                                                    \
  X(PyObject *, PyDict_GetItemString, (PyObject *, const char *))                                                      \
  X(int, PyDict_SetItemString, (PyObject *, const char *, PyObject *))                                                 \
  X(PyObject *, PyDict_GetItem, (PyObject *, PyObject *))                                                              \
  X(int, PyDict_SetItem, (PyObject *, PyObject *, PyObject *))                                                         \
  X(int, PyDict_DelItem, (PyObject *, PyObject *))                                                                     \
  X(int, PyDict_Update, (PyObject *, PyObject *))                                                                      \
  X(int, PyDict_Next, (PyObject *, ssize_t *, PyObject **, PyObject **))                                               \
  X(PyObject *, PyDict_Copy, (PyObject *))                                                                             \
  X(ssize_t, PyDict_Size, (PyObject *))                                                                                \
  X(ssize_t, PyList_Size, (PyObject *))                                                                                \
  X(PyObject *, PyList_GetItem, (PyObject *, ssize_t))                                                                 \
  X(int, PyList_SetItem, (PyObject *, ssize_t, PyObject *))                                                            \
  X(int, PyList_Append, (PyObject *, PyObject *))                                                                      \
  X(PyObject *, PyList_GetSlice, (PyObject *, ssize_t, ssize_t))                                                       \
  X(PyObject *, PyObject_Str, (PyObject *))                                                                            \
  X(const char *, PyModule_GetName, (PyObject *))                                                                      \
  X(PyObject *, PyEval_GetFrame, (void))                                                                               \
  X(long, PyLong_AsLong, (PyObject *))                                                                                 \
  X(PyObject *, PyLong_FromLong, (long))                                                                               \
  X(PyObject *, Py_BuildValue, (const char *, ...))                                                                    \
  X(PyObject *, PyCFunction_NewEx, (struct python_method *, PyObject *, PyObject *))                                   \
  X(PyObject *, PyDescr_NewMethod, (PyObject *, struct python_method *))                                               \
  X(PyObject *, PyThreadState_Get, (void))                                                                             \
  X(PyObject *, PyThreadState_Swap, (PyObject *))                                                                      \
  X(PyObject *, PyThreadState_Next, (PyObject *))                                                                      \
  X(PyObject *, PyInterpreterState_Head, (void))                                                                       \
  X(PyObject *, PyInterpreterState_Next, (PyObject *))                                                                 \
  X(PyObject *, PyInterpreterState_ThreadHead, (PyObject *))                                                           \
  X(void, PyEval_SetProfile, (void *, PyObject *))

// What some versions have; null elsewhere.
#define PYTHON_OPTIONAL(X)                                                                                             \
  X(PyObject *, PyInterpreterState_Get, (void))                                                                        \
  X(PyObject *, PyInterpreterState_Main, (void))                                                                       \
  X(void *, PyType_GetSlot, (PyObject *, int))                                                                         \
  X(PyObject *, PyCode_NewEmpty, (const char *, const char *, int))                                                    \
  X(PyObject *, PyEval_EvalCode, (PyObject *, PyObject *, PyObject *))                                                 \
  X(PyObject *, PyUnicode_AsEncodedString, (PyObject *, const char *, const char *))                                   \
  X(int, PyBytes_AsStringAndSize, (PyObject *, char **, ssize_t *))                                                    \
  X(int, PyString_AsStringAndSize, (PyObject *, char **, ssize_t *))                                                   \
  X(PyObject *, PyBytes_FromStringAndSize, (const char *, ssize_t))                                                    \
  X(PyObject *, PyString_FromStringAndSize, (const char *, ssize_t))                                                   \
  X(char *, PyString_AsString, (PyObject *))                                                                           \
  X(const char *, PyUnicode_AsUTF8, (PyObject *))                                                                      \
  X(const char *, PyUnicode_AsUTF8AndSize, (PyObject *, ssize_t *))                                                    \
  X(PyObject *, PyFrame_GetBack, (PyObject *))                                                                         \
  X(PyObject *, PyFrame_GetCode, (PyObject *))                                                                         \
  X(PyObject *, PyFrame_GetVarString, (PyObject *, const char *))                                                      \
  X(void, _PyInterpreterState_SetEvalFrameFunc, (PyObject *, void *))                                                  \
  X(PyObject *, _PyEval_EvalFrameDefault, (void *, void *, int))

// What the C library has, in some version.
#define PYTHON_PROCESS(X)                                                                                              \
  X(int, clock_gettime, (int, void *))                                                                                 \
  X(int, __register_atfork, (void (*)(void), void (*)(void), void (*)(void), void *))                                  \
  X(int, pthread_getattr_np, (unsigned long, void *))                                                                  \
  X(int, pthread_attr_getstack, (const void *, void **, size_t *))                                                     \
  X(int, pthread_attr_destroy, (void *))                                                                               \
  X(unsigned long, pthread_self, (void))

// Objects; null where a version has none.
#define PYTHON_OBJECTS(X) \
  X(_Py_NoneStruct) X(_Py_TrueStruct) X(_Py_FalseStruct) X(PyCode_Type) X(PyDict_Type) X(PyType_Type) X(PyCFunction_Type) X(PyModuleDef_Type)           \
  X(PyBaseObject_Type) X(PyFrame_Type) X(PyBytes_Type) X(PyString_Type) X(PyUnicode_Type) X(PyList_Type) X(PyBool_Type) \
  X(PyInt_Type) X(PyLong_Type) X(PyFloat_Type) X(PyFunction_Type)

typedef long ssize_t;
struct python {
#define DECLARE(result, name, parameters) result(*name) parameters;
  PYTHON_FUNCTIONS(DECLARE)
  PYTHON_OPTIONAL(DECLARE)
  PYTHON_PROCESS(DECLARE)
#undef DECLARE
#define DECLARE(name) PyObject *name;
  PYTHON_OBJECTS(DECLARE)
#undef DECLARE
};
extern struct python python;
/// PY_VERSION_HEX of the interpreter in this process: 0x030b02f0 is 3.11.2.
extern uint32_t python_version;

/// Finds all of the above: in the library that Python is, or where that is null, in whatever the process was started with.
/// False: this is no CPython that the agent can serve.
bool python_resolve(const struct library *library);
/// Whether it is built to run without an interpreter lock. Objects of such a build are laid out otherwise, and nothing
/// of the agent is made for two threads at once.
bool python_is_free_threaded(void);
/// Whether the agent was written and tested for this version; later ones have to pass a test.
static inline bool python_is_tested(void) { return python_version < 0x030e0000; }
/// Has a function called in the child of each fork.
void python_at_fork(void (*in_child)(void));
/// Whether the current thread runs in the main interpreter.
bool python_is_main_interpreter(void);
/// The version's major and minor number: 0x030b.
static inline uint32_t python_minor(void) { return python_version >> 16; }

/// The offset of a type's member, -1 where it has none of that name.
int64_t python_member_offset(PyObject *type, const char *name);

/// An exception that is pending, put aside while the interpreter is asked something.
struct python_error {
  PyObject *type, *value, *traceback;
};
static inline struct python_error python_put_aside(void) {
  struct python_error error = {NULL, NULL, NULL};
  python.PyErr_Fetch(&error.type, &error.value, &error.traceback);
  return error;
}
static inline void python_put_back(struct python_error error) {
  python.PyErr_Restore(error.type, error.value, error.traceback);
}
