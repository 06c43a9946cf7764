#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A launcher with file capabilities, started by an ordinary user: neither the command nor the files that options name
# have anything of them.
#
#     setcap.sh LAUNCHER WHOAMI
#
# Needs root, setcap(8) and a file system that keeps capabilities. Prints a line for each claim, and exits with the
# number of those that do not hold.
set -u
launcher=$1 whoami=$2
directory=$(mktemp -d) || exit 99
trap 'rm -rf "$directory"' EXIT
chmod 755 "$directory"
cp "$launcher" "$directory/launcher" && cp "$whoami" "$directory/whoami" && mkdir "$directory/home" || exit 99
chown 65534:65534 "$directory/home"
setcap cap_dac_override,cap_dac_read_search,cap_sys_ptrace,cap_bpf,cap_perfmon,cap_setuid,cap_setgid+ep \
  "$directory/launcher" || exit 99
echo secret > "$directory/secret" && chmod 600 "$directory/secret" || exit 99
mkdir -m 700 "$directory/closed" && cp /bin/true "$directory/closed/" || exit 99

failures=0
as_nobody() {
  setpriv --reuid 65534 --regid 65534 --clear-groups env -i HOME="$directory/home" PATH=/usr/bin:/bin \
    L="$directory/launcher" W="$directory/whoami" S="$directory/secret" D="$directory" sh -c "cd; $1" < /dev/null 2>&1
}
prints() {
  output=$(as_nobody "$2")
  if [ "$output" = "$3" ]; then
    echo "holds: $1"
  else
    echo "FAILS: $1"
    printf '  expected: %s\n  printed:  %s\n' "$3" "$output"
    failures=$((failures + 1))
  fi
}

prints "the command is what it is alone" \
  '$W > alone; $L -- $W > launched 2> page; cat page; for f in alone launched; do
   sed -E "/^environment _=/d; s/^(fd [12]) .*/\1/" $f > $f.1; done; test $(wc -l < alone.1) -gt 30; echo $?; diff alone.1 launched.1' \
  "page: code 0
0"
prints "the command cannot read what its user cannot" '$L --output page -- cat $S; echo $?' \
  "cat: $directory/secret: Permission denied
1"
prints "a program where the user may not go is not run" '$L -- $D/closed/true > words 2>&1; echo $?' 126
prints "a file only root may write is not written" '$L --output $S -- touch ran > words 2>&1; echo $?; ls ran 2>/dev/null' 73
prints "another user cannot be chosen" '$L --user daemon -- true > words 2>&1; echo $?; $L --as-root -- true > words 2>&1; echo $?' \
  "77
77"
test "$(cat "$directory/secret")" = secret || failures=$((failures + 1))
exit "$failures"
