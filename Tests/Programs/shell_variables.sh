#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Looks up variables of bash, and writes what it found, by itself: name, a zero, "=" and the value or "-", a zero. Names that
# begin with V_ are this script's alone. Started with V_GIVEN="from outside", V_EMPTY="", V_UNUSED=1.
found() { printf '%s\0=%s\0' "$1" "$2"; }
none() { printf '%s\0-\0' "$1"; }

found V_GIVEN "$V_GIVEN"
found V_EMPTY "$V_EMPTY"
: "${V_UNSET:-instead}"
none V_UNSET
[[ -n $V_TESTED ]]
none V_TESTED
[[ -v V_ASKED ]]
none V_ASKED

V_PLAIN=one
found V_PLAIN "$V_PLAIN"
V_PLAIN=two
found V_PLAIN "$V_PLAIN"
V_ODD=$'\x01=;\n\xff"'
found V_ODD "$V_ODD"
export V_EXPORTED=yes
found V_EXPORTED "$V_EXPORTED"
unset V_EXPORTED
: "$V_EXPORTED"
none V_EXPORTED

inside() {
  local V_LOCAL=deep
  found V_LOCAL "$V_LOCAL"
}
inside
: "$V_LOCAL"
none V_LOCAL

(
  V_PLAIN=child
  found V_PLAIN "$V_PLAIN"
)
# What is assigned here is not looked up for that.
: "${V_ASSIGNED:=$(echo "$V_GIVEN" "$V_INNER")}"
none V_ASSIGNED
none V_INNER
found V_ASSIGNED "$V_ASSIGNED"
for V_LOOP in a b; do found V_LOOP "$V_LOOP"; done
while read -r V_READ; do found V_READ "$V_READ"; done <<<$'line 1\nline 2'
: $((V_NUMBER = V_MISSING + 40 + 2))
none V_MISSING
found V_NUMBER "$V_NUMBER"

V_LONG=$(printf '%5000s' x)
found V_LONG "$V_LONG"
declare V_DECLARED
: "$V_DECLARED"
none V_DECLARED
# The look-up of a reference is told by its own name, with what it led to.
declare -n V_REFERENCE=V_PLAIN
found V_REFERENCE "$V_REFERENCE"
# A value that is counted on, at each look-up anew.
V_MOMENT=$RANDOM
found RANDOM "$V_MOMENT"

# Of these it is told that they are set, and no value.
V_ARRAY=(x y z)
: "${V_ARRAY[1]}"
declare -A V_TABLE=([k]=v)
: "${V_TABLE[k]}"

# Never looked up: V_UNUSED. Looked up only to be given to another program: V_OF_ENV.
V_OF_ENV=1 /usr/bin/env >/dev/null
