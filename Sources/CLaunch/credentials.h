// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "launch.h"

/// Becomes `identity` for good. Returns HG_STEP_READY, or the step that failed with its errno in `*error`.
enum hg_step hg_become(const struct hg_identity *identity, int *error);
