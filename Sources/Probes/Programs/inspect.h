// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The kernel's side of an inspection. Each part stands in a header of its own; together they are one object, since
// they share the ring and the mark of who is followed.
#pragma once
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "processes.h"
#include "paths.h"
#include "socket_calls.h"
#include "open_connections.h"
#include "system.h"
#include "bytes.h"
#include "uring.h"
#include "existing.h"
#include "variables.h"
#include "frames.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
