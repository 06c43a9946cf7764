#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#: claim: Scripts are told with what the kernel made of their first lines: nested, too long, none
#: expect: exec filename=./three argv.0=/bin/sh argv.1=-e argv.2=./one argv.3=./two argv.4=./three argv.5=word interpreter=/bin/sh script=./three
#: expect: exec filename=./cut argv.0=/bin/echo argv.2=./cut argv.count=3
#: expect: exec filename=./long error=ENOEXEC path=$W/long
#: expect: exec filename=./loop error=ELOOP
#: expect: exec filename=./plain error=ENOEXEC path=$W/plain
#: expect some: open requested=./plain path=$W/plain
#: expect: exec filename=./closed error=EACCES
#: expect: exec filename=./spaces argv.0=/bin/echo argv.1=one\x20\x20two argv.2=./spaces
printf '#! /bin/sh -e\n' >one
printf '#!./one\n' >two
printf '#!./two\n' >three
printf '#!/bin/echo  one  two  \n' >spaces
# 256 bytes are looked at: an argument is cut there, a name that goes on is no name.
printf '#!/bin/echo %0400d\n' 7 >./cut
printf '#!/%0400d\n' 7 >long
printf '#!./loop\n' >loop
printf 'exit 0\n' >plain
printf '#!/bin/sh\n' >closed
chmod +x one two three spaces cut long loop plain
./three word
./spaces >/dev/null
./cut >/dev/null
./long 2>/dev/null
./loop 2>/dev/null
./plain
./closed 2>/dev/null
exit 0
