#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#: claim: A program that sends Honeyguide SIGTERM ends neither Honeyguide nor itself by that
#: status: 17
#: expect: signal signal=SIGTERM
#: expect: open requested=after path=$W/after
#: expect: exit pid=$pid code=17
echo "pid=$$" >account
kill -TERM "$PPID"
sleep 0.1
: >after
exit 17
