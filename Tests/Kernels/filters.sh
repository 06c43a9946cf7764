# SPDX-License-Identifier: Apache-2.0
# Programs, names, users and directories to choose between.
mkdir -p d/e && echo one >d/one && echo two >d/e/two
cat d/one d/e/two d/missing 2>/dev/null
cd d && cat e/two ../d/one && cd ..
(exec cat /etc/passwd)
/tests/opens
/tests/lookups
chmod 777 .
/tests/hard/users
sh -c 'head -1 /etc/group; :'
exit 4
