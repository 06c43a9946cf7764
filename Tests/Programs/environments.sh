#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Gives programs several environments; each leaves behind what /proc says it was given.
export ADDED=1 API_TOKEN=abc CHANGED=new
unset REMOVED
cat /proc/self/environ >first
env -i ONLY=2 "BLANK=a b" EMPTY= cat /proc/self/environ >second
BIG=$(head -c 100000 /dev/zero | tr '\0' x) cat /proc/self/environ >third
