// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// For kernels with bpf_rdonly_cast (Linux 6.2).
#include "inspect.h"
