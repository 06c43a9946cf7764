// SPDX-License-Identifier: Apache-2.0
// Reads of the environment.
#include "agent.h"

void environment_start(void *posix_module) { (void)posix_module; }
