// SPDX-License-Identifier: Apache-2.0
#include "subscripts.h"

/// func_version and the size of PyFunctionObject in 3.11; tp_basicsize and tp_flags of every type; the flag of those that are
/// dictionaries.
enum { FUNCTION_VERSION = 128, FUNCTION_SIZE = 136, TYPE_SIZE = 32, TYPE_FLAGS = 168, TYPE_IS_DICTIONARY = 1 << 29 };

bool subscripts_escape;

void subscripts_start(void) {
  subscripts_escape = python_version >= 0x030b0000 && python_version < 0x030b0400 && python.PyFunction_Type
                      && *(int64_t *)((char *)python.PyFunction_Type + TYPE_SIZE) == FUNCTION_SIZE;
}

void subscripts_keep(PyObject *function) {
  static uint32_t last_version;
  if (!function || function->type != python.PyFunction_Type) return;
  uint32_t *version = (uint32_t *)((char *)function + FUNCTION_VERSION);
  if (*version <= UINT16_MAX) *version = --last_version;
}

void subscripts_keep_in(PyObject *names) {
  if (!(*(uint64_t *)((char *)names->type + TYPE_FLAGS) & TYPE_IS_DICTIONARY)) return;
  subscripts_keep(python.PyDict_GetItemString(names, "__getitem__"));
}
