// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// For all others, and for those who may not use it.
#define HG_BY_CALLS
#include "inspect.h"
