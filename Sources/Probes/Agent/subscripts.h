// SPDX-License-Identifier: Apache-2.0
// Calls that 3.11.0 to 3.11.3 make past the frame evaluator: once `a[b]` has met a class whose `__getitem__` is a Python
// function of two parameters, the interpreter runs that function without asking for an evaluator. It does so only where the
// function's version fits into 16 bits; so such functions are given versions that do not. Nothing else depends on their size,
// and the same number never stands for two functions: the interpreter counts up from 1, and these come down.
#pragma once
#include "python.h"

/// Finds out whether this Python makes such calls, and can be kept from it.
void subscripts_start(void);
/// Whether functions have to be kept from it.
extern bool subscripts_escape;
/// Keeps a function from it.
void subscripts_keep(PyObject *function);
/// Keeps the `__getitem__` from it that a class has in the names of its body. Leaves no error behind.
void subscripts_keep_in(PyObject *names);
