# SPDX-License-Identifier: Apache-2.0
# A small command tree, as a user writes it.
echo one >file
cat file missing 2>/dev/null
mkdir -p d/e && mv file d/e/moved && ln -s e d/link && cat d/link/moved
ls -l d >/dev/null
cp d/e/moved copy && chmod 600 copy && ln copy hard && rm copy
(cd d && cat e/moved && exec true)
./missing 2>/dev/null
printf '#!/bin/sh\necho script "$1"\nexit 3\n' >script
chmod +x script
./script word
nc 127.0.0.1 9 </dev/null
for i in 1 2 3 4 5; do true $i; done
sh -c 'kill -TERM $$'
find d -type f -exec cat {} \;
rm -r d
exit 0
