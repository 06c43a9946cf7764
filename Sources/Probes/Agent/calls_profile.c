// SPDX-License-Identifier: Apache-2.0
// Calls of 2.7: PyEval_SetProfile, in each thread. While the program sets a profiler of its own in a thread, that thread
// is not counted.
#include "activation.h"
#include "calls.h"

enum { EVENT_CALL = 0, EVENT_RETURN = 3, EVENT_C_CALL = 4, EVENT_C_RETURN = 6 };
/// Of PyFrameObject: f_code and f_lasti. Of PyThreadState: c_profilefunc, c_profileobj. Of PyCFunctionObject: m_ml,
/// m_self. Of PyTypeObject: tp_name.
enum {
  FRAME_CODE = 32,
  FRAME_LAST = 120,
  THREAD_PROFILE = 40,
  THREAD_PROFILE_OBJECT = 56,
  FUNCTION_METHOD = 16,
  FUNCTION_SELF = 24,
  TYPE_NAME = 24
};

/// cProfile takes the thread's profiler without anybody being told; that it is about to, its own call says.
static void notice_profiler(PyObject *function) {
  if (function->type != python.PyCFunction_Type) return;
  const struct python_method *method = *(struct python_method **)((char *)function + FUNCTION_METHOD);
  PyObject *self = *(PyObject **)((char *)function + FUNCTION_SELF);
  if (method->name[0] != 'e' || strcmp(method->name, "enable") != 0 || !self) return;
  const char *type = *(const char **)((char *)self->type + TYPE_NAME);
  if (strcmp(type, "Profile") == 0 || strcmp(type, "_lsprof.Profiler") == 0)
    table_header->calls_reason = HG_AGENT_PROGRAM_PROFILES;
}

static int profile(PyObject *self, char *frame, int event, PyObject *argument) {
  (void)self;
  if (event == EVENT_C_CALL && argument && table_is_open()) notice_profiler(argument);
  if (event != EVENT_CALL && event != EVENT_RETURN) return 0;
  if (unlikely(!table_is_open())) {
    python.PyEval_SetProfile(NULL, NULL);
    return 0;
  }
  struct hg_agent_function *function = function_of(*(PyObject **)(frame + FRAME_CODE));
  if (event == EVENT_RETURN) {
    stack_pop(function, argument == NULL);
    return 0;
  }
  const bool is_resumed = function->own[FUNCTION_KIND] && *(int *)(frame + FRAME_LAST) >= 0;
  function->calls += !is_resumed;
  function->resumes += is_resumed;
  stack_push(function);
  return 0;
}

static python_function *start_thread, *set_profile;

/// Starts a thread, and has it counted before it runs: its state is the newest, and it waits for the lock that this
/// thread has.
static PyObject *start_counted_thread(PyObject *self, PyObject *arguments) {
  PyObject *result = start_thread(self, arguments);
  PyObject *current = python.PyThreadState_Get();
  PyObject *newest = python.PyInterpreterState_ThreadHead(((PyObject **)current)[1]);
  if (!result || !table_is_open() || newest == current || *(void **)((char *)newest + THREAD_PROFILE)) return result;
  python.PyThreadState_Swap(newest);
  python.PyEval_SetProfile((void *)profile, NULL);
  python.PyThreadState_Swap(current);
  return result;
}

typedef int profiler(PyObject *self, char *frame, int event, PyObject *argument);
static profiler *others_profile;

/// The program's profiler, when sys.setprofile returns. That is an event only where there was a profiler before, and
/// ours is none of the program's business.
static int begin_other_profile(PyObject *self, char *frame, int event, PyObject *argument) {
  profiler *function = others_profile;
  python.PyEval_SetProfile((void *)function, self);
  return event == EVENT_C_RETURN ? 0 : function(self, frame, event, argument);
}

/// sys.setprofile: where it takes the program's profiler away, ours comes back.
static PyObject *set_other_profile(PyObject *self, PyObject *function) {
  char *state = (char *)python.PyThreadState_Get();
  profiler *const *current = (profiler **)(state + THREAD_PROFILE);
  const bool was_ours = *current == profile;
  PyObject *result = set_profile(self, function);
  if (!result || !table_is_open()) return result;
  if (*current == NULL) {
    python.PyEval_SetProfile((void *)profile, NULL);
    return result;
  }
  table_header->calls_reason = HG_AGENT_PROGRAM_PROFILES;
  if (was_ours) {
    others_profile = *current;
    python.PyEval_SetProfile((void *)begin_other_profile, *(PyObject **)(state + THREAD_PROFILE_OBJECT));
  }
  return result;
}

/// Puts a function of ours behind a built-in one, so that the program sees the same object.
static void replace(PyObject *module, const char *name, python_function **before, python_function *function) {
  PyObject *object = module ? python.PyObject_GetAttrString(module, name) : NULL;
  if (!object) {
    python.PyErr_Clear();
    return;
  }
  struct python_method *method = *(struct python_method **)((char *)object + FUNCTION_METHOD);
  if (object->type == python.PyCFunction_Type && method->function != (void *)function) {
    *before = (python_function *)method->function;
    method->function = (void *)function;
  }
  python.Py_DecRef(object);
}

void calls_thread_module(PyObject *module) {
  replace(module, "start_new_thread", &start_thread, start_counted_thread);
  // The same function under its old name has its own description.
  replace(module, "start_new", &start_thread, start_counted_thread);
}

enum hg_agent_reason calls_start_profile(void) {
  replace(python.PyImport_AddModule("sys"), "setprofile", &set_profile, set_other_profile);
  python.PyEval_SetProfile((void *)profile, NULL);
  return HG_AGENT_OBSERVED;
}
