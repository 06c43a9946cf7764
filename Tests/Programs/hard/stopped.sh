#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#: claim: A process that is stopped when the command ends is one that still lives
#: status: 3
#: expect: exec argv.0=sleep argv.1=97
#: never: exit comm=sleep signal=SIGKILL
#: page: sleep 97
# The other one sees to it that nothing stays.
sleep 97 &
stopped=$!
kill -STOP "$stopped"
(sleep 1; kill -KILL "$stopped") >/dev/null 2>&1 &
# Until the first has executed sleep, or there would be nothing to see.
while ! grep -q sleep "/proc/$stopped/comm"; do kill -CONT "$stopped"; kill -STOP "$stopped"; done
exit 3
