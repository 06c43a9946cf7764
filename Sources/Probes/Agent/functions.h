// SPDX-License-Identifier: Apache-2.0
// From code objects to their records in the table. A code object is known by its address, and that it still is the same
// one by the objects of its names, which are held: so code that a program throws away is not kept alive, and what comes
// to lie at its address is not taken for it.
#pragma once
#include "agent.h"
#include "python.h"

struct known_function {
  PyObject *code, *name, *file;
  struct hg_agent_function *function;
};
extern struct known_functions {
  struct known_function *slots;
  /// 64 less the binary logarithm of how many slots there are.
  unsigned shift;
  uint32_t used;
  /// Where a code object has them. The name is the qualified one where code objects have that.
  int64_t name, file, line, flags;
} known_functions;

/// What `own` of a record is used for.
enum function_own {
  /// Which thread is in it, and how deep in recursion.
  FUNCTION_THREAD,
  FUNCTION_DEPTH,
  /// What is special about it, of `function_kind`.
  FUNCTION_KIND,
};

/// Bits; of most functions there is none.
enum function_kind {
  /// It makes generators or coroutines.
  FUNCTION_RESUMES = 1,
  /// What subscripts.h is about: the body of a class, of a module or of exec'd text; a `__getitem__`.
  FUNCTION_IS_BODY = 2,
  FUNCTION_IS_SUBSCRIPT = 4,
};

/// Finds out where code objects have what is needed. False: not where they were expected.
bool functions_start(void);
/// The record of a code object that is not known yet, or no longer.
cold struct hg_agent_function *function_learn(PyObject *code);

static inline PyObject *code_object(PyObject *code, int64_t offset) { return *(PyObject **)((char *)code + offset); }
static inline int code_number(PyObject *code, int64_t offset) { return *(int *)((char *)code + offset); }

static inline size_t known_place(PyObject *code) {
  return (size_t)((((uint64_t)(uintptr_t)code >> 4) * 0x9e3779b97f4a7c15u) >> known_functions.shift);
}

/// A code object's record. There always is one: of those that had no room, the one that counts them.
static inline struct hg_agent_function *function_of(PyObject *code) {
  const size_t last = ((size_t)1 << (64 - known_functions.shift)) - 1;
  for (size_t at = known_place(code);; at = (at + 1) & last) {
    const struct known_function *known = &known_functions.slots[at];
    if (likely(known->code == code)) {
      struct hg_agent_function *function = known->function;
      if (likely(code_object(code, known_functions.name) == known->name)
          && likely(code_object(code, known_functions.file) == known->file)
          && likely(code_number(code, known_functions.line) == (int)function->line))
        return function;
      return function_learn(code);
    }
    if (!known->code) return function_learn(code);
  }
}
