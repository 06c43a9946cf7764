#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
cd "$(dirname "$0")" || exit 1
test -s app.conf && test -s banner && echo healthy
