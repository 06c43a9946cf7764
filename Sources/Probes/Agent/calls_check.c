// SPDX-License-Identifier: Apache-2.0
// Whether counting works in this interpreter: layouts of versions to come cannot be known.
#include "calls.h"
#include "functions.h"

bool calls_check(void) {
  static const char file[] = "<honeyguide>", name[] = "raises_at_once";
  enum { LINE = 1789 };
  if (!python.PyCode_NewEmpty || !python.PyEval_EvalCode) return false;
  const uint64_t lost = table_header->lost_functions;
  bool is_right = false;
  // A code object that does nothing but raise an exception.
  PyObject *code = python.PyCode_NewEmpty(file, name, LINE);
  PyObject *globals = python.PyDict_New();
  if (code && globals) {
    PyObject *result = python.PyEval_EvalCode(code, globals, globals);
    struct hg_agent_function *function = function_of(code);
    is_right = !result && function->line == LINE && strcmp(table_bytes(function->file), file) == 0
               && strcmp(table_bytes(function->name), name) == 0 && function->calls == 1 && function->resumes == 0
               && function->ends == 1 && function->exceptions == 1 && function->total == function->longest
               && function->total == function->self;
    if (result) python.Py_DecRef(result);
    memset(function, 0, offsetof(struct hg_agent_function, line));
    table_header->lost_functions = lost;
  }
  if (code) python.Py_DecRef(code);
  if (globals) python.Py_DecRef(globals);
  python.PyErr_Clear();
  return is_right;
}
