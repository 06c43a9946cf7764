// SPDX-License-Identifier: Apache-2.0
// Calls of 3.12 and later: sys.monitoring, of which a profiler or debugger of the program uses another tool.
#include "activation.h"
#include "calls.h"

static const char tool_name[] = "honeyguide";
static long tool = -1;
static PyObject *monitoring;

static PyObject *call(const char *name, PyObject *arguments) {
  PyObject *function = arguments ? python.PyObject_GetAttrString(monitoring, name) : NULL;
  PyObject *result = function ? python.PyObject_CallObject(function, arguments) : NULL;
  if (!result) python.PyErr_Clear();
  if (function) python.Py_DecRef(function);
  if (arguments) python.Py_DecRef(arguments);
  return result;
}

static bool did(PyObject *result) {
  if (result) python.Py_DecRef(result);
  return result != NULL;
}

static cold void stop(void) {
  if (tool < 0) return;
  struct python_error error = python_put_aside();
  did(call("set_events", python.Py_BuildValue("(ll)", tool, 0L)));
  python_put_back(error);
  tool = -1;
}

void calls_stop_monitoring(void) {
  const long taken = tool;
  stop();
  if (taken >= 0) did(call("free_tool_id", python.Py_BuildValue("(l)", taken)));
}

static inline bool is_open(void) {
  if (likely(table_is_open())) return true;
  stop();
  return false;
}

// Called with the code object first. What they give back is None, which has no count of references since 3.12.
static PyObject *on_start(PyObject *self, PyObject *const *arguments, ssize_t count) {
  (void)self, (void)count;
  if (unlikely(!is_open())) return python._Py_NoneStruct;
  struct hg_agent_function *function = function_of(arguments[0]);
  function->calls++;
  stack_push(function);
  return python._Py_NoneStruct;
}
static PyObject *on_resume(PyObject *self, PyObject *const *arguments, ssize_t count) {
  (void)self, (void)count;
  if (unlikely(!is_open())) return python._Py_NoneStruct;
  struct hg_agent_function *function = function_of(arguments[0]);
  function->resumes++;
  stack_push(function);
  return python._Py_NoneStruct;
}
static PyObject *on_end(PyObject *self, PyObject *const *arguments, ssize_t count) {
  (void)self, (void)count;
  if (likely(is_open())) stack_pop(function_of(arguments[0]), false);
  return python._Py_NoneStruct;
}
static PyObject *on_unwind(PyObject *self, PyObject *const *arguments, ssize_t count) {
  (void)self, (void)count;
  if (likely(is_open())) stack_pop(function_of(arguments[0]), true);
  return python._Py_NoneStruct;
}

static struct python_method start_method = {"start", on_start, PYTHON_FASTCALL, NULL},
                            resume_method = {"resume", on_resume, PYTHON_FASTCALL, NULL},
                            end_method = {"end", on_end, PYTHON_FASTCALL, NULL},
                            unwind_method = {"unwind", on_unwind, PYTHON_FASTCALL, NULL};

static bool take_tool(void) {
  // 0, 1, 2 and 5 are meant for debuggers, coverage, profilers and optimizers.
  for (tool = 4; tool >= 3; tool--)
    if (did(call("use_tool_id", python.Py_BuildValue("(ls)", tool, tool_name)))) return true;
  tool = -1;
  return false;
}

/// Whether the tool is this interpreter's: one that was initialised again has none, and another may have been given its number.
static bool has_tool(void) {
  PyObject *name = tool < 0 ? NULL : call("get_tool", python.Py_BuildValue("(l)", tool));
  const char *text = name && name->type == python.PyUnicode_Type && python.PyUnicode_AsUTF8 ? python.PyUnicode_AsUTF8(name) : NULL;
  const bool has = text && strcmp(text, tool_name) == 0;
  if (name) python.Py_DecRef(name);
  python.PyErr_Clear();
  return has;
}

enum hg_agent_reason calls_start_monitoring(void) {
  static const struct {
    const char *name;
    struct python_method *method;
  } events[] = {{"PY_START", &start_method},   {"PY_RESUME", &resume_method}, {"PY_THROW", &resume_method},
                {"PY_RETURN", &end_method},    {"PY_YIELD", &end_method},     {"PY_UNWIND", &unwind_method}};
  // What belonged to an interpreter that has ended must not be touched.
  PyObject *sys = python.PyImport_AddModule("sys");
  monitoring = sys ? python.PyObject_GetAttrString(sys, "monitoring") : NULL;
  PyObject *names = monitoring ? python.PyObject_GetAttrString(monitoring, "events") : NULL;
  if (!names) {
    python.PyErr_Clear();
    return HG_AGENT_NO_INTERFACE;
  }
  if (has_tool()) return HG_AGENT_OBSERVED;
  if (!take_tool()) return HG_AGENT_TOOL_TAKEN;
  long all = 0;
  for (size_t at = 0; at < sizeof events / sizeof *events; at++) {
    PyObject *number = python.PyObject_GetAttrString(names, events[at].name);
    PyObject *function = python.PyCFunction_NewEx(events[at].method, NULL, NULL);
    const long event = number ? python.PyLong_AsLong(number) : 0;
    if (number) python.Py_DecRef(number);
    if (!event || !function) {
      python.PyErr_Clear();
      return HG_AGENT_FAILED;
    }
    all |= event;
    call("register_callback", python.Py_BuildValue("(llN)", tool, event, function));
  }
  return did(call("set_events", python.Py_BuildValue("(ll)", tool, all))) ? HG_AGENT_OBSERVED : HG_AGENT_FAILED;
}
