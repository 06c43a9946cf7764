// SPDX-License-Identifier: Apache-2.0
// The one door to libbpf. What its headers do with macros that Swift cannot import stands here as inline functions.
#pragma once
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
